// Writes src/generated/dashboard.ts from schema/*.json, so that the page cannot disagree with what CHAT writes.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const schemaFolder = new URL("../../schema/", import.meta.url);
const target = new URL("../src/generated/dashboard.ts", import.meta.url);

const schema = JSON.parse(await readFile(new URL("dashboard.schema.json", schemaFolder), "utf8"));
const text = await compile(schema, "DashboardData", {
    cwd: fileURLToPath(schemaFolder),
    additionalProperties: false,
    bannerComment: "/* Generated from schema/dashboard.schema.json by `npm run types`. */",
    strictIndexSignatures: true,
});
await mkdir(new URL(".", target), { recursive: true });
const before = await readFile(target, "utf8").catch(() => "");
if (before !== text) await writeFile(target, text);
