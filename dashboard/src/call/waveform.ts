import WaveSurfer from "wavesurfer.js";
import { h, svg } from "../dom.ts";
import { clock } from "../format.ts";
import type { CallDetail } from "../generated/dashboard.ts";
import type { Sound } from "../sound.ts";
import { color, onTheme } from "../theme.ts";
import { partyClass, partyNames } from "./dialogue.ts";
import { WAVE_HEIGHT } from "./wave_height.ts";

/** How much of the lanes' height a silence covers: its length shows in the shape, not in the shade alone. */
const BAND = { short: 0.34, medium: 0.67, long: 1 } as const;

interface Lane {
    readonly name: string;
    readonly colour: string;
    readonly peaks: readonly number[];
}

/** Agent above, customer below; a single line for one party or two channels with the same sound. */
function lanesOf(detail: CallDetail): Lane[] {
    const names = partyNames(detail.call);
    const lanes = detail.call.parties.map((party, i): Lane => ({
        name: names[i] ?? "", colour: `lane-${partyClass(detail.call, i)}`, peaks: detail.peaks.channels[party.channel] ?? [],
    }));
    const order = (lane: Lane): number => (lane.colour === "lane-customer" ? 1 : 0);
    return lanes.sort((a, b) => order(a) - order(b)).slice(0, 2);
}

/** What fills a lane: a few clicks louder than all speech shall not flatten it. */
function loudest(lanes: readonly Lane[]): number {
    const sorted = Float64Array.from(lanes.flatMap((lane) => lane.peaks)).sort();
    return Math.max(8, sorted[Math.floor(sorted.length * 0.998)] ?? 0);
}

function drawLanes(lanes: readonly Lane[], scale: number, context: CanvasRenderingContext2D): void {
    const { width, height } = context.canvas;
    const pixel = Math.max(1, Math.round(window.devicePixelRatio));
    const single = lanes.length === 1;
    const middle = height / 2;
    lanes.forEach((lane, i) => {
        context.fillStyle = color(lane.colour);
        const { peaks } = lane;
        for (let x = 0; x < width; x += 2 * pixel) {
            const from = Math.floor((x / width) * peaks.length);
            const to = Math.max(from + 1, Math.floor(((x + 2 * pixel) / width) * peaks.length));
            let most = 0;
            for (let k = from; k < to && k < peaks.length; k++) most = Math.max(most, peaks[k] ?? 0);
            const tall = Math.max(pixel / 2, Math.min(1, most * scale) * (middle - 2 * pixel));
            const top = single || i === 0 ? middle - tall : middle;
            context.fillRect(x, top, 1.4 * pixel, single ? 2 * tall : tall);
        }
    });
}

/** The part already heard keeps the lanes' colours: one above the middle, the other below. */
function playedColour(lanes: readonly Lane[]): CanvasGradient | string {
    const upper = color(lanes[0]?.colour ?? "lane-both");
    const height = WAVE_HEIGHT * Math.max(1, window.devicePixelRatio);
    const gradient = h("canvas").getContext("2d")?.createLinearGradient(0, 0, 0, height);
    if (!gradient) return upper;
    const lower = color(lanes[1]?.colour ?? lanes[0]?.colour ?? "lane-both");
    for (const [at, colour] of [[0, upper], [0.5, upper], [0.5, lower], [1, lower]] as const) gradient.addColorStop(at, colour);
    return gradient;
}

function axis(duration: number): HTMLElement {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
    const step = steps.find((one) => duration / one <= 9) ?? 14400;
    const element = h("div", { class: "axis", "aria-hidden": "true" });
    for (let at = 0; at <= duration - step * 0.3; at += step) {
        element.append(h("span", { class: at === 0 ? "first" : "", style: { left: `${(at / duration) * 100}%` } }, clock(at)));
    }
    return element;
}

export interface Waveform {
    readonly element: HTMLElement;
    /** Starts drawing; the element has to be in the page. */
    start(): void;
    choose(silence: number | null): void;
    /** Moves the cursor where there is no sound to move it. */
    place(seconds: number): void;
    destroy(): void;
}

/** Two lanes of sound with the silences behind them; a click hears that place. */
export function waveform(detail: CallDetail, sound: Sound, clicked: (seconds: number) => void): Waveform {
    const { call } = detail;
    const duration = call.durationSeconds;
    const lanes = lanesOf(detail);
    const most = loudest(lanes);
    const percentOf = (seconds: number): string => `${(seconds / duration) * 100}%`;
    const bands = call.silences.map((silence) => {
        const tall = BAND[silence.category] * 100;
        return h("div", { class: `band ${silence.category}`, style: { left: percentOf(silence.start), width: percentOf(silence.end - silence.start), top: `${(100 - tall) / 2}%`, height: `${tall}%` } });
    });
    const holds = call.holds.map((hold) => h("div", { class: "band hold", style: { left: percentOf(hold.start), width: percentOf(hold.end - hold.start) } }));
    const host = h("div", { class: "wave" });
    const element = h("div", { class: "lanes", "aria-hidden": "true" },
        h("div", { class: "field", style: { height: `${WAVE_HEIGHT}px` } }, h("div", { class: "bands" }, holds, bands), host,
            lanes.map((lane, i) => h("span", { class: `lane-name ${i === 0 ? "upper" : "lower"} ${lane.colour}` }, lane.name))),
        axis(duration));
    let wave: WaveSurfer | null = null;
    let placed = 0;
    const colours = (): { cursorColor: string; progressColor: CanvasGradient | string } => ({ cursorColor: color("text"), progressColor: playedColour(lanes) });
    const stopTheme = onTheme(() => { wave?.setOptions(colours()); });
    return {
        element,
        start(): void {
            if (wave || duration <= 0 || lanes.length === 0) return;
            wave = WaveSurfer.create({
                container: host,
                height: WAVE_HEIGHT,
                media: sound.media,
                peaks: lanes.map((lane) => lane.peaks.length > 0 ? Float32Array.from(lane.peaks, (peak) => peak / 255) : new Float32Array([0])),
                duration,
                ...colours(),
                cursorWidth: 2,
                hideScrollbar: true,
                interact: false,
                renderFunction: (_peaks, context) => { drawLanes(lanes, 1 / most, context); },
            });
            host.addEventListener("click", (event) => {
                const box = host.getBoundingClientRect();
                clicked(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * duration);
            });
        },
        choose(silence): void {
            bands.forEach((band, i) => { band.classList.toggle("chosen", i === silence); });
        },
        place(seconds): void {
            if (Math.abs(placed - seconds) < 0.01) return;
            placed = seconds;
            wave?.setTime(seconds);
        },
        destroy(): void {
            stopTheme();
            wave?.destroy();
            wave = null;
        },
    };
}

/** What the shades and heights mean. */
export function legend(range: (category: "short" | "medium" | "long") => string, holds: boolean): HTMLElement {
    const mark = (category: "short" | "medium" | "long"): SVGSVGElement => {
        const height = 14 * BAND[category];
        return svg("svg", { viewBox: "0 0 8 14", class: "mark", "aria-hidden": "true" }, svg("rect", { class: category, x: 0, y: (14 - height) / 2, width: 8, height, rx: 1 }));
    };
    return h("ul", { class: "legend" }, (["short", "medium", "long"] as const).map((category) => h("li", {}, mark(category), `${category} ${range(category)}`)),
        holds ? h("li", {}, h("span", { class: "mark hold" }), "hold") : null);
}
