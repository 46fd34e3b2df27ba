import { svg } from "./dom.ts";
import type { CallRow, SilenceRow } from "./generated/dashboard.ts";
import { plural } from "./format.ts";

/** Height of a mark by category: the length shows in the shape, not in the shade alone. */
const MARK = { short: 6, medium: 10, long: 16 } as const;
const WIDTH = 160;

/** A call as a line from its start to its end, with its silences where they lie. */
export function strip(call: CallRow, shown: (silence: SilenceRow) => boolean): SVGSVGElement {
    const element = svg("svg", {
        class: "strip", viewBox: `0 0 ${WIDTH} 16`, preserveAspectRatio: "none", role: "img",
        "aria-label": `${plural(call.silences.length, "silence")} along the call`,
    });
    element.append(svg("rect", { class: "line", x: 0, y: 7.5, width: WIDTH, height: 1 }));
    if (call.durationSeconds <= 0) return element;
    for (const silence of call.silences) {
        const height = MARK[silence.category];
        element.append(svg("rect", {
            class: shown(silence) ? silence.category : "faded",
            x: ((silence.start / call.durationSeconds) * WIDTH).toFixed(2),
            y: (16 - height) / 2,
            width: Math.max(1.2, ((silence.end - silence.start) / call.durationSeconds) * WIDTH).toFixed(2),
            height,
        }));
    }
    return element;
}
