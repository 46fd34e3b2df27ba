import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { Ajv } from "ajv";
import { fixtureCalls, indexOf, inventedCalls, rowOf } from "./support/report.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const json = (path: string): object => JSON.parse(readFileSync(join(root, path), "utf8")) as object;

test("the fixtures are what the schemas say", () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
    ajv.addSchema(json("schema/report.schema.json"));
    ajv.addSchema(json("schema/dashboard.schema.json"));
    const problems = (type: string, value: unknown): unknown => {
        ajv.validate(`https://chat.invalid/schema/dashboard.schema.json#/definitions/${type}`, value);
        return ajv.errors;
    };
    const calls = fixtureCalls();
    for (const call of calls) expect(problems("CallDetail", call), call.detail).toBeNull();
    expect(problems("Index", indexOf([...calls.map(rowOf), ...inventedCalls(40)]))).toBeNull();
    expect(problems("Index", { ...indexOf([]), more: 1 })).not.toBeNull();
});

test.describe("the built page", () => {
    const page = readFileSync(join(root, "dashboard/dist/index.html"), "utf8");
    const before = page.slice(0, page.indexOf("<script>"));

    test("holds the placeholder once, and everything else inside", () => {
        expect(page.split("__CHAT_INDEX__").length).toBe(2);
        expect(page).toContain('<script type="application/json" id="chat-index">__CHAT_INDEX__</script>');
        expect(page.match(/<script[ >]/g)?.length).toBe(2);
        expect(before).not.toMatch(/(src|href)="(?!data:)/);
        expect(page).not.toMatch(/url\(["']?https?:/);
    });

    test("stays below 1.2 MB", () => { expect(page.length).toBeLessThan(1_200_000); });

    test("carries two strict policies", () => {
        const policies = [...page.matchAll(/<meta http-equiv="Content-Security-Policy" content="([^"]*)">/g)].map((found) => found[1] ?? "");
        expect(policies).toHaveLength(2);
        expect(policies[0]).toContain("default-src 'none'");
        expect(policies[0]).toContain("connect-src 'none'");
        expect(policies[1]).toContain("'strict-dynamic'");
        expect(policies.join(" ")).not.toMatch(/unsafe|https?:|\*/);
    });

    test("says so when it holds no report", async ({ page: tab }) => {
        await tab.goto(`file://${join(root, "dashboard/dist/index.html")}`);
        await expect(tab.getByRole("heading", { name: "This page holds no report." })).toBeVisible();
    });
});
