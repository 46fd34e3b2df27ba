import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import { fixtureCalls, freshFolder, indexOf, inventedCalls, rowOf, writeReport } from "./support/report.ts";

let few = "";
let many = "";
test.beforeAll(() => {
    const calls = fixtureCalls();
    few = pathToFileURL(writeReport(freshFolder(), indexOf(calls.map(rowOf)), calls)).href;
    many = pathToFileURL(writeReport(freshFolder(), indexOf([...calls.map(rowOf), ...inventedCalls(400)]), calls)).href;
});

const column = (page: Page, field: string): Promise<string[]> =>
    page.locator(`.tabulator-row .tabulator-cell[tabulator-field="${field}"]`).allInnerTexts();

test("calls are sorted by a column's head, numbers as numbers, and back", async ({ page }) => {
    await page.goto(`${many}#calls`);
    const shares = async (): Promise<number[]> => (await column(page, "share")).slice(0, 15).map((text) => Number.parseFloat(text));
    await expect(page.getByRole("columnheader", { name: "Silence", exact: true })).toHaveAttribute("aria-sort", "descending");
    const first = await shares();
    expect(first).toEqual([...first].sort((a, b) => b - a));
    await page.getByRole("columnheader", { name: "Silence", exact: true }).click();
    await expect(page.getByRole("columnheader", { name: "Silence", exact: true })).toHaveAttribute("aria-sort", "ascending");
    const second = (await shares()).filter((value) => !Number.isNaN(value));
    expect(second).toEqual([...second].sort((a, b) => a - b));
    await page.getByRole("columnheader", { name: "Order or file" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("columnheader", { name: "Order or file" })).toHaveAttribute("aria-sort", "ascending");
    expect((await column(page, "name"))[0]).toBe("A-20000");
});

test("filters are chips in the address and can be taken back", async ({ page }) => {
    await page.goto(`${many}#calls`);
    await page.getByText("Filter", { exact: true }).click();
    await page.locator(".filters").getByLabel("Store").selectOption("Northgate");
    await expect(page).toHaveURL(/#calls\?store=Northgate$/);
    expect(new Set(await column(page, "store"))).toEqual(new Set(["Northgate"]));
    await page.locator(".filters").getByLabel("Cause").selectOption("checking information");
    await expect(page.getByRole("button", { name: "Remove the filter Cause: checking information" })).toBeVisible();
    await page.getByRole("link", { name: /Silences/ }).click();
    expect(new Set(await column(page, "cause"))).toEqual(new Set(["checking information"]));
    await page.goBack();
    await page.goBack();
    await expect(page).toHaveURL(/#calls\?store=Northgate$/);
    await page.getByRole("button", { name: "Remove the filter Store: Northgate" }).click();
    await expect(page).toHaveURL(/#calls$/);
    await expect(page.locator(".caption")).toContainText("405");
});

test("the search finds attributes, says what it searches, and stays out of the address", async ({ page }) => {
    await page.goto(`${many}#calls`);
    await page.getByRole("searchbox").fill("osei harbor");
    await expect(page.locator(".caption")).toContainText("of 405");
    expect(new Set(await column(page, "agent"))).toEqual(new Set(["P. Osei"]));
    expect(new Set(await column(page, "store"))).toEqual(new Set(["Harbor Street"]));
    expect(page.url()).not.toMatch(/osei|harbor/i);
    await page.getByRole("searchbox").fill("service light");
    await expect(page.getByText("It does not look at what was said")).toBeVisible();
    expect(page.url()).not.toMatch(/service/);
});

test("keys move through the calls and open one", async ({ page }) => {
    await page.goto(`${many}#calls`);
    await expect(page.locator(".tabulator-row").first()).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect(page.locator(".tabulator-row.current")).toHaveCount(1);
    await page.keyboard.press("End");
    await expect(page.locator(".tabulator-row").last()).toHaveClass(/current/);
    await page.getByRole("searchbox").fill("A-20418");
    await expect(page.locator(".tabulator-row")).toHaveCount(1);
    await page.locator(".tabulator-row").click();
    await expect(page.getByRole("heading", { name: "Order A-20418" })).toBeVisible();
    await page.goBack();
    await page.locator(".tabulator-tableholder").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/#call\//);
});

test("a chart's bar narrows everything down; the chart is there as a table and as a picture", async ({ page }) => {
    await page.goto(many);
    const chart = page.locator(".chart").first();
    await chart.getByRole("button", { name: /as a table/ }).click();
    await expect(chart.getByRole("row")).toHaveCount(6);
    await chart.getByRole("button", { name: "customer confused" }).click();
    await expect(page).toHaveURL(/cause=customer_confusion/);
    await expect(page.locator(".chip")).toHaveText("Cause: customer confused");
    await chart.getByRole("button", { name: /as a chart/ }).click();
    await chart.locator(".canvas svg").waitFor();
    const box = await chart.locator(".canvas").boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * 0.42, (box?.y ?? 0) + 18);
    await expect(page).not.toHaveURL(/cause=customer_confusion/);
    for (const type of ["SVG", "PNG"]) {
        const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".chart").nth(1).getByRole("button", { name: `save as ${type}` }).click()]);
        expect(download.suggestedFilename()).toBe(`silences-by-length.${type.toLowerCase()}`);
        const bytes = readFileSync(await download.path());
        if (type === "SVG") expect(bytes.toString("utf8")).toContain("How long are the silences?");
        else expect(bytes.subarray(1, 4).toString("latin1")).toBe("PNG");
    }
});

test("key figures name their n; few calls are not compared", async ({ page }) => {
    await page.goto(few);
    const figures = page.locator(".figures-strip");
    await expect(figures).toContainText("3 analyzed · 1 failed · 1 not reached");
    await expect(figures).toContainText("too few for an interval");
    await expect(page.getByText("Too few calls to say: 3 with a known time")).toBeVisible();
    await expect(page.getByText("1 call could not be analyzed.")).toBeVisible();
    await expect(page.getByText("1 call has no words:")).toBeVisible();
    await page.goto(many);
    await expect(figures).toContainText("±");
    await page.getByRole("button", { name: "See which, and why" }).click();
    await expect(page).toHaveURL(/#calls\?status=failed/);
    await expect(page.locator(".tabulator-row")).toHaveCount(1);
});

test("figures add up", async ({ page }) => {
    const calls = inventedCalls(400);
    const analyzed = fixtureCalls().map(rowOf).filter((call) => call.status === "analyzed");
    const all = [...analyzed, ...calls];
    const silences = all.flatMap((call) => call.silences);
    const seconds = silences.reduce((sum, one) => sum + one.end - one.start, 0);
    const duration = all.reduce((sum, call) => sum + call.durationSeconds, 0);
    await page.goto(many);
    await expect(page.locator(".figure").nth(2)).toContainText(`${((seconds / duration) * 100).toFixed(1)}\u00a0%`);
    await expect(page.locator(".figure").nth(3)).toContainText((silences.filter((one) => one.category === "long").length / all.length).toFixed(2));
    await expect(page.locator(".tabs")).toContainText(`Silences${silences.length.toLocaleString("en-US")}`);
});

test("columns can be chosen", async ({ page }) => {
    await page.goto(`${many}#calls`);
    await expect(page.getByRole("columnheader", { name: "Call SID" })).toBeHidden();
    await page.getByText("Columns").click();
    await page.getByLabel("Call SID").check();
    await expect(page.getByRole("columnheader", { name: "Call SID" })).toBeVisible();
});

test("5,000 calls stay quick", async ({ page }) => {
    const file = writeReport(freshFolder(), indexOf(inventedCalls(5000)), []);
    const began = Date.now();
    await page.goto(`${pathToFileURL(file).href}#calls`);
    await expect(page.locator(".tabulator-row").first()).toBeVisible();
    expect(Date.now() - began).toBeLessThan(8000);
    expect(await page.locator(".tabulator-row").count()).toBeLessThan(120);
});
