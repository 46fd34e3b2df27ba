import { data, h, icon, replace } from "../dom.ts";
import { clock, percent, plural, secs, span } from "../format.ts";
import type { CallDetail, Index, Word } from "../generated/dashboard.ts";
import { causeName } from "../words.ts";
import { dialogue, partyClass, partyNames, type Quiet, type Turn } from "./dialogue.ts";

/** Words below this are dotted: the transcription is not sure of them (as in metrics.lowConfidenceWords). */
const UNSURE = 0.5;

export interface TranscriptActions {
    /** Hear from here on. */
    hear(seconds: number): void;
    /** Hear a silence with what is around it. */
    around(silence: number): void;
}

export interface Transcript {
    readonly element: HTMLElement;
    /** Marks a silence and brings it into sight; its row. */
    choose(silence: number, reveal: boolean): HTMLElement | null;
    /** Marks the word that is heard at this time. */
    follow(seconds: number, reveal: boolean): void;
    find(text: string): number;
}

/** The call as a dialogue with its silences between the turns, bound to the sound. */
export function transcript(detail: CallDetail, index: Index, actions: TranscriptActions): Transcript {
    const { call } = detail;
    const names = partyNames(call);
    const words: { word: Word; element: HTMLElement }[] = [];
    const rows = new Map<number, HTMLElement>();
    const hears = call.audio !== null;
    const starts = new WeakMap<HTMLElement, number>();

    const turnRow = (turn: Turn): HTMLElement => {
        const spoken = h("p", { class: "said", dir: "auto" });
        for (const word of turn.words) {
            const unsure = word.probability < UNSURE;
            const element = h("span", { class: unsure ? "w unsure" : "w", title: unsure ? `Not sure of this word (${percent(word.probability, 0)})` : null }, word.text);
            starts.set(element, word.start);
            words.push({ word, element });
            spoken.append(element, " ");
        }
        return h("div", { class: `turn ${partyClass(call, turn.party)}` },
            h("button", { type: "button", class: "time", "aria-label": `Hear from ${clock(turn.start)}`, onclick: () => { actions.hear(turn.start); } }, clock(turn.start)),
            h("span", { class: "party" }, names[turn.party] ?? "", turn.over ? h("span", { class: "over", title: "Starts while the other party still speaks" }, " over") : null), spoken);
    };

    const silenceRow = (line: Quiet): HTMLElement => {
        const { silence } = line;
        const best = silence.patterns[0];
        const row = h("div", { class: `quiet ${silence.category}`, onclick: () => { actions.around(line.index); } },
            h("span", { class: "time" }, clock(silence.start)),
            h("span", { class: "length" }, h("strong", {}, secs(silence.end - silence.start)), h("span", { class: "sr" }, ` ${silence.category}`)),
            h("span", { class: "cause" }, best ? [data(causeName(best.id, index)), h("span", { class: "muted" }, " · after ", data(`“${best.evidence}”`))] : h("span", { class: "muted" }, causeName(null, index)),
                silence.announced ? h("span", { class: "tag" }, "announced") : null,
                silence.partyExpected === null ? null : h("span", { class: "muted" }, ` · ${names[silence.partyExpected] ?? ""} to speak next`)),
            h("button", { type: "button", class: "around", "aria-label": `Silence of ${secs(silence.end - silence.start)} at ${clock(silence.start)}: ${hears ? "play 5 s around it and show why" : "show why"}` }, hears ? [icon("play"), h("span", {}, "5 s around")] : "why"));
        rows.set(line.index, row);
        return row;
    };

    const body = h("div", { class: "dialogue", tabindex: "0", role: "region", "aria-label": "Transcript" });
    body.append(...dialogue(call).map((line) => {
        if (line.kind === "turn") return turnRow(line);
        if (line.kind === "silence") return silenceRow(line);
        return h("div", { class: "quiet hold" }, h("span", { class: "time" }, clock(line.start)), h("span", { class: "length" }, h("strong", {}, span(line.end - line.start))), h("span", { class: "cause" }, line.what === "music" ? "hold music" : "tones"));
    }));
    body.addEventListener("click", (event) => {
        const start = event.target instanceof HTMLElement ? starts.get(event.target) : undefined;
        if (start !== undefined && window.getSelection()?.isCollapsed !== false) actions.hear(start);
    });
    words.sort((a, b) => a.word.start - b.word.start);

    const found = h("span", { class: "found", role: "status" });
    let hits: HTMLElement[] = [];
    let hit = -1;
    const find = (text: string): number => {
        for (const element of hits) element.classList.remove("hit", "at");
        const wanted = text.toLowerCase().split(/\s+/).filter((part) => part !== "");
        hits = wanted.length === 0 ? [] : words.filter(({ word }) => wanted.some((part) => word.text.toLowerCase().includes(part))).map(({ element }) => element);
        for (const element of hits) element.classList.add("hit");
        hit = -1;
        found.textContent = wanted.length === 0 ? "" : hits.length === 0 ? "not said" : plural(hits.length, "word");
        if (hits.length > 0) step();
        return hits.length;
    };
    const step = (): void => {
        hits[hit]?.classList.remove("at");
        hit = (hit + 1) % hits.length;
        hits[hit]?.classList.add("at");
        revealIn(body, hits[hit]);
    };
    const search = h("input", {
        type: "search", placeholder: "Find words in this call", "aria-label": "Find words in this call", autocomplete: "off", spellcheck: "false",
        oninput: (event: Event) => { find((event.currentTarget as HTMLInputElement).value); },
        onkeydown: (event: KeyboardEvent) => { if (event.key === "Enter" && hits.length > 0) step(); },
    });
    const head = h("div", { class: "transcript-head" }, h("h2", {}, words.length > 0 ? "What was said" : "Silences"), words.length > 0 ? [found, search] : null);
    const element = h("section", { class: "card transcript" }, head);
    if (words.length === 0) {
        head.after(h("p", { class: "notice" }, call.quality?.transcribed === false
            ? "This call has no words: it was analyzed by its sound alone. The silences are listed with their times."
            : "No words were made out in this call. The silences are listed with their times."));
    }
    element.append(body);
    if (body.childElementCount === 0) replace(body, h("p", { class: "empty" }, "Nobody speaks, and no silence reaches the least length."));

    let heard = -1;
    return {
        element,
        find,
        choose(silence, reveal): HTMLElement | null {
            for (const [i, row] of rows) row.classList.toggle("chosen", i === silence);
            const row = rows.get(silence);
            const scrolls = body.scrollHeight > body.clientHeight;
            if (scrolls) revealIn(body, row);
            else if (reveal) row?.scrollIntoView({ block: "center" });
            return row ?? null;
        },
        follow(seconds, reveal): void {
            let low = 0;
            let high = words.length - 1;
            let at = -1;
            while (low <= high) {
                const middle = (low + high) >> 1;
                if ((words[middle]?.word.start ?? 0) <= seconds + 0.02) {
                    at = middle;
                    low = middle + 1;
                } else high = middle - 1;
            }
            const now = words[at];
            const inside = now !== undefined && seconds < Math.max(now.word.end, now.word.start + 0.15) ? at : -1;
            if (inside === heard) return;
            words[heard]?.element.classList.remove("heard");
            heard = inside;
            words[heard]?.element.classList.add("heard");
            if (reveal && heard >= 0) revealIn(body, words[heard]?.element);
        },
    };
}

/** Scrolls the list, and only the list, until the element is well inside it. */
function revealIn(list: HTMLElement, element: HTMLElement | undefined): void {
    if (!element || list.scrollHeight <= list.clientHeight) return;
    const box = list.getBoundingClientRect();
    const place = element.getBoundingClientRect();
    if (place.top < box.top + 40 || place.bottom > box.bottom - 60) list.scrollTop += place.top - box.top - list.clientHeight / 3;
}
