import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { WAVE_HEIGHT } from "../src/call/wave_height.ts";

/** What CHAT replaces by the report's Index. */
export const INDEX_PLACEHOLDER = "__CHAT_INDEX__";

function hashSource(text: string): string {
    return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}

/**
 * wavesurfer.js puts one constant style element into its shadow root. Its text is read from the very
 * file that is bundled, so that the policy can name it by hash.
 */
function waveStyle(bundle: string): string {
    const found = [...bundle.matchAll(/<style\$\{[^>]*\}>([^<]*)<\/style>/g)];
    const text = found[0]?.[1];
    if (found.length !== 1 || text === undefined) throw new Error("wavesurfer.js: expected one style element");
    const filled = text.replace(/\$\{[^}]*getHeight[^}]*\}/, String(WAVE_HEIGHT)).replaceAll("\\n", "\n");
    if (filled.includes("${") || filled.includes("\\")) throw new Error("wavesurfer.js: its style holds more than the height");
    return filled;
}

/**
 * Two policies, and a script has to pass both: the first allows files of the same place only (`file:` is what a
 * double click opens), the second only this page's script and what that script itself asks for.
 */
function policies(script: string, styles: string[]): string[] {
    const scriptHash = hashSource(script);
    return [
        [
            "default-src 'none'",
            `script-src ${scriptHash} 'self' file:`,
            `style-src ${styles.map(hashSource).join(" ")}`,
            "img-src data:",
            "media-src 'self' file:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ].join("; "),
        `script-src ${scriptHash} 'strict-dynamic'`,
    ];
}

/** Puts the built script and style into index.html and writes the policies that name them by hash. */
export function singleFile(): Plugin {
    return {
        name: "chat-single-file",
        enforce: "post",
        generateBundle(_options, bundle) {
            const page = bundle["index.html"];
            if (page?.type !== "asset") throw new Error("no index.html in the bundle");
            let script = "";
            let style = "";
            for (const [name, file] of Object.entries(bundle)) {
                if (file.type === "chunk") {
                    if (script !== "") throw new Error("more than one script");
                    script = file.code.trim();
                    delete bundle[name];
                } else if (name.endsWith(".css")) {
                    style += String(file.source).trim();
                    delete bundle[name];
                }
            }
            // Nothing in an inline script may end it or open a comment in it.
            script = script.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
            if (/<\/style/i.test(style) || script.includes("\r") || style.includes("\r")) throw new Error("cannot be put inline");

            const wave = waveStyle(readFileSync("node_modules/wavesurfer.js/dist/wavesurfer.esm.js", "utf8"));
            const metas = policies(script, [style, wave])
                .map((policy) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
                .join("\n");
            const html = String(page.source)
                .replace(/\s*<script type="module"[^>]*><\/script>/, "")
                .replace(/\s*<link rel="stylesheet"[^>]*>/, "")
                .replace('<meta charset="utf-8">', () => `<meta charset="utf-8">\n${metas}`)
                .replace("</head>", () => `<style>${style}</style>\n</head>`)
                .replace("</body>", () => `<script>${script}</script>\n</body>`);
            if (html.split(INDEX_PLACEHOLDER).length !== 2) throw new Error("the placeholder must occur once");
            if (/\b(src|href)="(?!data:)/.test(html.replace(script, ""))) throw new Error("something is still loaded from outside");
            page.source = html;
        },
    };
}
