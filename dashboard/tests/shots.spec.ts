import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "@playwright/test";
import { fixtureCalls, freshFolder, indexOf, inventedCalls, rowOf, writeReport, writeSounds } from "./support/report.ts";

/** Pictures of every view, to be looked at: CHAT_SHOTS=DIR npx playwright test shots. */
const folder = process.env["CHAT_SHOTS"];

test.describe("pictures", () => {
    test.skip(folder === undefined, "CHAT_SHOTS names no folder");
    let few = "";
    let many = "";
    test.beforeAll(() => {
        mkdirSync(folder ?? "", { recursive: true });
        const calls = fixtureCalls();
        const fewFolder = freshFolder();
        few = pathToFileURL(writeReport(fewFolder, indexOf(calls.map(rowOf)), calls)).href;
        writeSounds(fewFolder, calls);
        many = pathToFileURL(writeReport(freshFolder(), indexOf([...calls.map(rowOf), ...inventedCalls(1284)]), calls)).href;
    });
    for (const scheme of ["light", "dark"] as const) {
        for (const width of [1440, 390]) {
            test(`${scheme} ${width}`, async ({ browser }) => {
                const page = await browser.newPage({ viewport: { width, height: width === 390 ? 844 : 900 }, colorScheme: scheme });
                const shoot = async (name: string, full = false): Promise<void> => {
                    await page.waitForTimeout(400);
                    await page.screenshot({ path: join(folder ?? "", `${name}-${scheme}-${width}.png`), fullPage: full });
                };
                await page.goto(few);
                await shoot("overview-few", true);
                await page.goto(`${few}#calls`);
                await shoot("calls-few");
                await page.goto(`${few}#call/c7f3a5be29c41d088?at=85.1`);
                await shoot("call");
                await page.keyboard.press("n");
                await page.keyboard.press("n");
                await shoot("call-why", true);
                await page.goto(`${few}#call/c52e1f0b7a94d`);
                await shoot("call-mono", true);
                await page.goto(`${few}#call/c77aa01c4be20`);
                await shoot("call-no-words", true);
                await page.goto(`${few}#call/c0e9d`);
                await shoot("call-failed");
                await page.goto(many);
                await shoot("overview", true);
                await page.goto(`${many}#calls?store=Northgate`);
                await shoot("calls");
                await page.goto(`${many}#silences?cause=checking_information&announced=no`);
                await shoot("silences");
                await page.close();
            });
        }
    }
});
