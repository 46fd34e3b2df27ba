import { createServer, type Server } from "node:http";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import type { CallDetail, Index } from "../src/generated/dashboard.ts";
import { fixtureCalls, freshFolder, indexOf, inventedCalls, rowOf, writeReport, writeSounds } from "./support/report.ts";
import { Watch } from "./support/watch.ts";

const HOSTILE = `<img src=x onerror="window.pwned=1"></script><script>window.pwned=2</script>"'\u2028\u2029\u202Eabc&amp;{{x}}\\`;

async function everyView(page: Page, address: string): Promise<void> {
    await page.goto(address);
    await expect(page.getByRole("heading", { name: "Listen to these first" })).toBeVisible();
    await page.getByRole("button", { name: /as a table/ }).first().click();
    await page.goto(`${address}#calls`);
    await expect(page.getByRole("row").nth(2)).toBeVisible();
    await page.goto(`${address}#silences`);
    await expect(page.getByRole("row").nth(2)).toBeVisible();
    for (const name of ["c7f3a5be29c41d088", "c52e1f0b7a94d", "c77aa01c4be20"]) {
        await page.goto(`${address}#call/${name}`);
        await expect(page.getByRole("heading", { name: "Where the call goes quiet" })).toBeVisible();
        await page.keyboard.press("n");
        await expect(page.locator(".quiet.chosen")).toHaveCount(1);
        await page.waitForTimeout(150);
    }
    for (const name of ["c0e9d", "c1f77"]) {
        await page.goto(`${address}#call/${name}`);
        await expect(page.locator(".card.empty h2")).toBeVisible();
    }
}

test("opens by double click, asks for nothing outside, breaks no policy", async ({ page }) => {
    const folder = freshFolder();
    const calls = fixtureCalls();
    writeReport(folder, indexOf([...calls.map(rowOf), ...inventedCalls(60)]), calls);
    writeSounds(folder, calls);
    const watch = await Watch.on(page);
    await everyView(page, pathToFileURL(join(folder, "index.html")).href);
    await watch.quiet(pathToFileURL(folder).href);
});

test("opens from a server as well", async ({ page }) => {
    const folder = freshFolder();
    const calls = fixtureCalls();
    writeReport(folder, indexOf([...calls.map(rowOf), ...inventedCalls(60)]), calls);
    writeSounds(folder, calls);
    const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".opus": "audio/ogg" };
    const server: Server = createServer((request, response) => {
        const file = join(folder, decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
        if (!file.startsWith(folder) || !existsSync(file)) response.writeHead(404).end();
        else response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const watch = await Watch.on(page);
    await everyView(page, `${base}/index.html`);
    await watch.quiet(base);
    await page.close();
    server.closeAllConnections();
    server.close();
});

/** Puts the hostile text wherever a string of a recording, a manifest or a pattern file can stand. */
function poison(value: unknown, path: string): unknown {
    const kept = /\.(detail|startedAt|lastUpdate|kind|category|position|within|role|speakerBefore|speakerAfter|status|severity|program|agentChannel|audio)$|byCategory/;
    if (typeof value === "string") return kept.test(path) ? value : `${HOSTILE}${value}`;
    if (Array.isArray(value)) return value.map((one, i) => poison(one, `${path}.${i}`));
    if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one, `${path}.${key}`)]));
    return value;
}

test("hostile text is shown as text, in every field and every view", async ({ page }) => {
    const folder = freshFolder();
    const calls = fixtureCalls().map((call) => poison(call, "") as CallDetail);
    const index = poison(indexOf(calls.map(rowOf).map((row) => row)), "") as Index;
    index.calls = calls.map(rowOf);
    index.run.notes = [HOSTILE];
    index.keywordRules = [HOSTILE];
    const address = pathToFileURL(writeReport(folder, index, calls)).href;
    const watch = await Watch.on(page);
    const shows = async (): Promise<void> => {
        expect(await page.locator("body").evaluate((body) => body.textContent)).toContain(HOSTILE.slice(0, 60));
        expect(await page.locator("img, script:not([id]):not(:last-of-type), iframe, object").count()).toBe(0);
        expect(await page.evaluate(() => window.pwned)).toBeUndefined();
    };
    await page.goto(address);
    await expect(page.getByRole("heading", { name: "Listen to these first" })).toBeVisible();
    await shows();
    await expect(page.locator(".notices")).toContainText("window.pwned=1");
    const bars = page.locator(".chart .canvas svg path");
    for (let i = 0; i < await bars.count(); i += 3) await bars.nth(i).hover({ force: true, timeout: 2000 }).catch(() => undefined);
    await shows();
    for (const view of ["#calls", "#silences", "#call/c7f3a5be29c41d088?at=83.2", "#call/c52e1f0b7a94d", "#call/c77aa01c4be20", "#call/c0e9d"]) {
        await page.goto(`${address}${view}`);
        await page.waitForTimeout(250);
        if (view.startsWith("#call/c7")) await page.keyboard.press("n");
        await shows();
    }
    await page.goto(`${address}#calls`);
    await page.getByText("Filter", { exact: true }).click();
    await page.locator(".filters").getByLabel("Agent").selectOption({ index: 1 });
    await expect(page.locator(".chip")).toContainText("onerror");
    await shows();
    expect(await page.evaluate(() => window.violations?.filter((one) => !one.startsWith("media-src")))).toEqual([]);
    expect(watch.errors.filter((text) => !text.includes("ERR_FILE_NOT_FOUND"))).toEqual([]);
});

test("a hostile address does no harm", async ({ page }) => {
    const folder = freshFolder();
    const calls = fixtureCalls();
    const address = pathToFileURL(writeReport(folder, indexOf(calls.map(rowOf)), calls)).href;
    writeSounds(folder, calls);
    const watch = await Watch.on(page);
    for (const bad of ["#call/../../etc/passwd", "#call/%3Cimg%20src=x%20onerror=alert(1)%3E", "#calls?store=%3Cimg%20src=x%20onerror=window.pwned=1%3E&hour=99&category=__proto__", "#%%%", "#call/c7f3a5be29c41d088?at=1e309"]) {
        await page.goto("about:blank");
        await page.goto(`${address}${bad}`);
        await expect(page.locator("main")).not.toBeEmpty();
    }
    await watch.quiet(pathToFileURL(dirname(new URL(address).pathname)).href);
});

test("a call whose file is missing or foreign says so and names the way out", async ({ page }) => {
    const folder = freshFolder();
    const calls = fixtureCalls();
    const address = pathToFileURL(writeReport(folder, indexOf(calls.map(rowOf)), calls)).href;
    rmSync(join(folder, "calls", "c7f3a5be29c41d088.js"));
    writeFileSync(join(folder, "calls", "c52e1f0b7a94d.js"), 'chatCall("{\\"detail\\":\\"other\\"}");\n');
    await page.goto(`${address}#call/c7f3a5be29c41d088`);
    await expect(page.getByText("The file calls/c7f3a5be29c41d088.js cannot be read.")).toBeVisible();
    await expect(page.getByText("copy the whole report folder")).toBeVisible();
    await page.goto(`${address}#call/c52e1f0b7a94d`);
    await expect(page.getByText("does not hold this call")).toBeVisible();
});

test("a damaged report and an empty one say so", async ({ page }) => {
    const folder = freshFolder();
    const file = writeReport(folder, indexOf([]), []);
    await page.goto(pathToFileURL(file).href);
    await expect(page.getByText("No call holds a silence that nobody announced.")).toBeVisible();
    await page.goto(`${pathToFileURL(file).href}#calls`);
    await expect(page.getByText("This report holds no calls.")).toBeVisible();
    writeFileSync(file, readFileSync(file, "utf8").replace('{"title"', '{"titl'));
    await page.reload();
    await expect(page.getByText("This report is damaged.")).toBeVisible();
});
