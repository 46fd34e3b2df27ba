// What the source may not hold: `any`, markup made from text, addresses of elsewhere. Used by `npm run lint`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const rules = [
    [/\b(as|:|<) *any\b/, "no any: say what it is"],
    [/\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc)\b/, "no markup from text: use h() and data()"],
    [/\b(eval|Function)\(|new Function/, "no code from text"],
    [/\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\b/, "the page asks nobody"],
    [/@ts-(ignore|nocheck)|eslint-disable/, "no check is switched off"],
    [/https?:\/\/(?!www\.w3\.org)/, "no address of elsewhere"],
];
let problems = 0;
for (const name of readdirSync(join(root, "src"), { recursive: true })) {
    if (!/\.(ts|css)$/.test(name) || name.startsWith("generated")) continue;
    const lines = readFileSync(join(root, "src", name), "utf8").split("\n");
    lines.forEach((line, i) => {
        for (const [pattern, reason] of rules) {
            if (!pattern.test(line.replace(/\/\/ .*|^\s*(\*|\/\*\*).*/, ""))) continue;
            console.error(`src/${name}:${i + 1}: ${reason}`);
            problems++;
        }
    });
    if (lines.length > 500) {
        console.error(`src/${name}: ${lines.length} lines, 500 at most`);
        problems++;
    }
}
if (/"resolved"|registry/.test(readFileSync(join(root, "package-lock.json"), "utf8"))) {
    console.error("package-lock.json: names a registry");
    problems++;
}
process.exit(problems === 0 ? 0 : 1);
