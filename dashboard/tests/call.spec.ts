import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import { fixtureCalls, freshFolder, indexOf, rowOf, writeReport, writeSounds } from "./support/report.ts";
import { Watch } from "./support/watch.ts";

const calls = fixtureCalls();
const dual = calls[0]?.call;
const mono = calls[1]?.call;
if (!dual || !mono) throw new Error("fixtures are missing");
let address = "";
let folder = "";
test.beforeAll(() => {
    folder = freshFolder();
    address = pathToFileURL(writeReport(folder, indexOf(calls.map(rowOf)), calls)).href;
    writeSounds(folder, calls);
});

/** The clock beside the play button, in seconds. */
async function at(page: Page): Promise<number> {
    const text = (await page.locator(".clock").textContent())?.split(" / ")[0] ?? "";
    return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

async function openCall(page: Page, name = "c7f3a5be29c41d088", query = ""): Promise<void> {
    await page.goto(`${address}#call/${name}${query}`);
    await expect(page.getByRole("heading", { name: "Where the call goes quiet" })).toBeVisible();
}

test("the transcript is a dialogue with the silences between the turns", async ({ page }) => {
    await openCall(page);
    await expect(page.locator(".dialogue .quiet")).toHaveCount(dual.silences.length);
    const words = dual.parties.flatMap((party) => party.words).length;
    await expect(page.locator(".dialogue .w")).toHaveCount(words);
    const times = (await page.locator(".dialogue .quiet .time").allTextContents()).map((text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    await expect(page.locator(".turn.agent").first()).toContainText("Thank you for calling Platinum Motors");
    await expect(page.locator(".band")).toHaveCount(dual.silences.length);
    await expect(page.locator(".wave canvas").first()).toBeAttached();
});

test("a click on a silence plays it, moves the sound, and says why it is one", async ({ page }) => {
    const watch = await Watch.on(page);
    await openCall(page);
    const index = dual.silences.findIndex((silence) => silence.patterns.length > 0 && silence.start > 60);
    const silence = dual.silences[index];
    if (!silence) throw new Error("no such silence in the fixture");
    await page.locator(".dialogue .quiet").nth(index).click();
    await expect.poll(() => at(page)).toBeGreaterThanOrEqual(Math.floor(silence.start - 5));
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
    const before = await at(page);
    await expect.poll(() => at(page), { timeout: 6000 }).toBeGreaterThan(before);
    const why = page.locator(".why");
    await expect(why).toContainText(`silence ${index + 1} of ${dual.silences.length}`);
    await expect(why).toContainText(`“${silence.patterns[0]?.evidence}”`);
    await expect(why).toContainText(`mean probability ${silence.evidence.speechProbability.toFixed(2)}`);
    await expect(page.locator(".band.chosen")).toHaveCount(1);
    await watch.quiet(pathToFileURL(folder).href);
});

test("a stretch that is played stops at its end", async ({ page }) => {
    await openCall(page, "c77aa01c4be20");
    const silence = calls[2]?.call.silences[0];
    if (!silence) throw new Error("no silence in the fixture");
    await page.locator(".transport select").selectOption("2");
    await page.locator("button.around").first().click();
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible({ timeout: 12_000 });
    expect(Math.abs(await at(page) - (silence.end + 5))).toBeLessThanOrEqual(1.5);
});

test("keys: n and p step through the silences, space plays", async ({ page }) => {
    await openCall(page);
    for (const expected of [0, 1, 2, 1]) {
        await page.keyboard.press(expected === 1 && await page.locator(".dialogue .quiet").nth(2).evaluate((row) => row.classList.contains("chosen")) ? "p" : "n");
        await expect(page.locator(".dialogue .quiet").nth(expected)).toHaveClass(/chosen/);
        expect(await at(page)).toBe(Math.floor(dual.silences[expected]?.start ?? -1));
    }
    await page.keyboard.press(" ");
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
    await page.keyboard.press(" ");
    await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});

test("a click on a word hears it, and the cursor marks it while it plays", async ({ page }) => {
    await openCall(page);
    const word = page.locator(".w", { hasText: "inconvenience" }).first();
    await word.click();
    const heard = dual.parties.flatMap((party) => party.words).find((one) => one.text.startsWith("inconvenience"));
    await expect.poll(() => at(page)).toBeGreaterThanOrEqual(Math.floor(heard?.start ?? 0));
    await expect(page.locator(".w.heard")).toHaveCount(1);
    await page.keyboard.press(" ");
});

test("a click into the picture moves the sound there", async ({ page }) => {
    await openCall(page);
    const box = await page.locator(".wave").boundingBox();
    if (!box) throw new Error("no waveform");
    await page.mouse.click(box.x + box.width / 2, box.y + 20);
    expect(Math.abs(await at(page) - dual.durationSeconds / 2)).toBeLessThan(2);
});

test("words are found in the open call", async ({ page }) => {
    await openCall(page);
    await page.getByRole("searchbox", { name: "Find words in this call" }).fill("warranty");
    await expect(page.locator(".found")).toHaveText("1 word".replace(" ", "\u00a0"));
    await expect(page.locator(".w.hit.at")).toBeInViewport();
    await page.getByRole("searchbox", { name: "Find words in this call" }).fill("zebra");
    await expect(page.locator(".found")).toHaveText("not said");
});

test("a mono call says what cannot be told", async ({ page }) => {
    await openCall(page, "c52e1f0b7a94d");
    await expect(page.getByText("Both parties share one line")).toBeVisible();
    await expect(page.locator(".metrics")).toContainText("cannot be told from one channel");
    await page.keyboard.press("n");
    await page.keyboard.press("n");
    await expect(page.locator(".why")).toContainText("Both parties share one channel");
    expect(await page.locator(".lane-name").allTextContents()).toEqual(["Speech"]);
    await page.keyboard.press(" ");
    await expect.poll(() => at(page), { timeout: 6000 }).toBeGreaterThan(Math.floor(mono.silences[1]?.start ?? 0));
});

test("a call without words says so, and shows its silences and warnings", async ({ page }) => {
    await openCall(page, "c77aa01c4be20");
    await expect(page.getByText("This call has no words")).toBeVisible();
    await expect(page.locator(".problem")).toHaveCount(2);
    await expect(page.getByText("Both channels hold the same sound")).toBeVisible();
    await page.keyboard.press("n");
    await expect(page.locator(".why")).toContainText("without words no cause can be told");
});

test("a failed call says why and what to do; one that was not reached too", async ({ page }) => {
    await page.goto(`${address}#call/c0e9d`);
    await expect(page.getByText("This file is a playlist that calls itself a recording")).toBeVisible();
    await expect(page.getByText("Put the recordings themselves into the folder.")).toBeVisible();
    await page.goto(`${address}#call/c1f77`);
    await expect(page.getByText("it goes on where it stopped")).toBeVisible();
});

test("sound that is missing or was left out is said, and the rest works", async ({ page }) => {
    const other = freshFolder();
    const without = structuredClone(calls);
    if (without[1]) without[1].call.audio = null;
    if (without[2]) without[2].call.audio = "https://example.com/x.opus";
    const file = pathToFileURL(writeReport(other, indexOf(without.map(rowOf)), without)).href;
    const watch = await Watch.on(page);
    await page.goto(`${file}#call/c7f3a5be29c41d088`);
    await expect(page.getByText("The sound cannot be played: audio/repairs.opus is missing")).toBeVisible();
    await page.goto(`${file}#call/c52e1f0b7a94d`);
    await expect(page.getByText("This report was made without sound.")).toBeVisible();
    await page.keyboard.press("n");
    await page.keyboard.press("n");
    expect(await at(page)).toBe(Math.floor(mono.silences[1]?.start ?? -1));
    await expect.poll(() => page.locator(".wave > div").evaluate((host) => host.shadowRoot?.querySelector<HTMLElement>(".cursor")?.style.left)).not.toBe("0%");
    await page.goto(`${file}#call/c77aa01c4be20`);
    await expect(page.getByText("outside of its folder")).toBeVisible();
    expect(watch.requests.filter((url) => url.includes("example.com"))).toEqual([]);
    expect(await page.evaluate(() => window.violations)).toEqual([]);
    rmSync(join(other, "index.html"));
});

test("silences play in place in the lists", async ({ page }) => {
    const watch = await Watch.on(page);
    await page.goto(address);
    const button = page.locator(".listen .play").first();
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "true");
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "false");
    await page.goto(`${address}#silences`);
    await expect(page.locator(".tabulator-row").first()).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press(" ");
    await expect(page.locator(".tabulator-row.current .play")).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("Enter");
    await expect(page.locator(".quiet.chosen")).toHaveCount(1);
    await watch.quiet(pathToFileURL(folder).href);
});
