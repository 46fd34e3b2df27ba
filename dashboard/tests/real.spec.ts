import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";
import { Ajv } from "ajv";
import type { CallDetail, Index } from "../src/generated/dashboard.ts";
import { Watch } from "./support/watch.ts";

/** A report that CHAT itself wrote; script/test makes one of the demo's recordings, one of them in GSM. */
const folder = process.env["CHAT_REPORT_DIR"];

test.describe("a real report", () => {
    test.skip(folder === undefined, "CHAT_REPORT_DIR names no report");
    const base = resolve(folder ?? ".");
    const address = pathToFileURL(join(base, "index.html")).href;
    const html = folder === undefined ? "" : readFileSync(join(base, "index.html"), "utf8");
    const text = /<script type="application\/json" id="chat-index">([^<]*)<\/script>/.exec(html)?.[1] ?? "null";
    const index = JSON.parse(text) as Index;
    const analyzed = folder === undefined ? [] : index.calls.filter((call) => call.status === "analyzed");

    test("keeps the contract of its data", () => {
        const schema = (name: string): object => JSON.parse(readFileSync(fileURLToPath(new URL(`../../schema/${name}`, import.meta.url)), "utf8")) as object;
        const ajv = new Ajv({ strict: true, allowUnionTypes: true });
        ajv.addSchema(schema("report.schema.json"));
        ajv.addSchema(schema("dashboard.schema.json"));
        const valid = (type: string, value: unknown): void => {
            ajv.validate(`https://chat.invalid/schema/dashboard.schema.json#/definitions/${type}`, value);
            expect(ajv.errors, type).toBeNull();
        };
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
        valid("Index", index);
        for (const call of analyzed) {
            const script = readFileSync(join(base, "calls", `${call.detail}.js`), "utf8");
            const literal = /^chatCall\(("[^\u2028\u2029<>&]*")\);\n?$/.exec(script)?.[1];
            expect(literal, call.detail).toBeDefined();
            const detail = JSON.parse(JSON.parse(literal ?? '""') as string) as CallDetail;
            valid("CallDetail", detail);
            expect(detail.detail).toBe(call.detail);
            expect(detail.call.silences.length).toBe(call.silences.length);
            if (call.audio !== null) expect(existsSync(join(base, call.audio)), call.audio).toBe(true);
        }
    });

    test("every view opens without an error", async ({ page }) => {
        const watch = await Watch.on(page);
        await page.goto(address);
        await expect(page.getByRole("heading", { name: "Listen to these first" })).toBeVisible();
        await expect(page.locator(".figure").first()).toContainText(String(index.calls.length));
        for (const view of ["calls", "silences"]) {
            await page.goto(`${address}#${view}`);
            await expect(page.locator("main")).not.toBeEmpty();
        }
        for (const call of analyzed) {
            await page.goto(`${address}#call/${call.detail}`);
            await expect(page.getByRole("heading", { name: "Where the call goes quiet" })).toBeVisible();
            await expect(page.locator(".dialogue .quiet:not(.hold)")).toHaveCount(call.silences.length);
            await page.waitForTimeout(100);
        }
        await watch.quiet(pathToFileURL(dirname(join(base, "index.html"))).href);
    });

    test("the sound of every call plays", async ({ page }) => {
        test.skip(!analyzed.some((call) => call.audio !== null), "the report was made without sound");
        test.setTimeout(90_000 + 10_000 * analyzed.length);
        for (const call of analyzed.filter((one) => one.audio !== null)) {
            await page.goto("about:blank");
            await page.goto(`${address}#call/${call.detail}`);
            await page.getByRole("button", { name: "Play", exact: true }).click();
            const clock = page.locator(".clock");
            await expect(clock, call.path).toHaveText(/^0:0[1-9] \//, { timeout: 20_000 });
            await expect(page.locator(".call-wave .notice")).toBeHidden();
            await page.getByRole("button", { name: "Pause" }).click();
        }
    });
});
