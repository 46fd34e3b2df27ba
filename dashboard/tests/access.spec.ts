import { pathToFileURL } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { fixtureCalls, freshFolder, indexOf, inventedCalls, rowOf, writeReport } from "./support/report.ts";

let few = "";
let many = "";
test.beforeAll(() => {
    const calls = fixtureCalls();
    few = pathToFileURL(writeReport(freshFolder(), indexOf(calls.map(rowOf)), calls)).href;
    many = pathToFileURL(writeReport(freshFolder(), indexOf([...calls.map(rowOf), ...inventedCalls(200)]), calls)).href;
});

const views = ["", "#calls?store=Northgate", "#silences", "#call/c7f3a5be29c41d088?at=83.4", "#call/c52e1f0b7a94d", "#call/c77aa01c4be20", "#call/c0e9d"];

for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
        test(`WCAG AA in ${colorScheme} at ${width} px`, async ({ browser }) => {
            const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
            const page = await context.newPage();
            for (const address of [few, ...views.map((view) => `${many}${view}`)]) {
                await page.goto("about:blank");
                await page.goto(address);
                await page.waitForTimeout(500);
                if (address.includes("at=")) await page.keyboard.press("n");
                const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
                expect(violations.map((one) => `${address.split("#")[1] ?? "overview"}: ${one.id} ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 140)} ${node.any[0]?.message ?? ""}`).join(" | ")}`)).toEqual([]);
                expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), address).toBeLessThanOrEqual(0);
            }
            await context.close();
        });
    }
}

test("the theme can be chosen and is kept", async ({ page }) => {
    await page.goto(many);
    await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
    await page.getByLabel("Colours").selectOption("Dark");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("on a telephone tables are cards, and can be sorted", async ({ browser }) => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(`${many}#silences`);
    await expect(page.locator(".row-card").first()).toBeVisible();
    await expect(page.getByRole("columnheader")).toHaveCount(0);
    const first = await page.locator(".row-card strong").first().innerText();
    await page.getByLabel("Sort by").selectOption("At");
    await expect(page.locator(".row-card strong").first()).not.toHaveText(first);
    await page.locator(".row-card").first().click();
    await expect(page).toHaveURL(/#call\//);
    await page.close();
});

test("prints the whole transcript", async ({ page }) => {
    await page.goto(`${many}#call/c7f3a5be29c41d088`);
    await expect(page.locator(".dialogue .quiet").first()).toBeVisible();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".dialogue").evaluate((list) => list.scrollHeight - list.clientHeight)).toBeLessThanOrEqual(1);
    await expect(page.locator(".tabs")).toBeHidden();
    await page.emulateMedia({ media: "screen", colorScheme: "dark" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
    await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
