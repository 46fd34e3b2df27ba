import type { App, PageView } from "../app.ts";
import type { SilenceRef } from "../data.ts";
import { data, h, replace } from "../dom.ts";
import { clock, count, plural, secs, when } from "../format.ts";
import { listenButton, listenTo, stopListening } from "../listen.ts";
import { Table } from "../table.ts";
import { callName, causeName, type Role } from "../words.ts";
import { nothingFound } from "./nothing.ts";

/** A table of more rows is not read; the longest are kept. */
const MOST_ROWS = 5000;

function longest(silences: readonly SilenceRef[]): readonly SilenceRef[] {
    if (silences.length <= MOST_ROWS) return silences;
    const lengths = Float64Array.from(silences, (ref) => ref.seconds).sort();
    const least = lengths[lengths.length - MOST_ROWS] ?? 0;
    return silences.filter((ref) => ref.seconds >= least).slice(0, MOST_ROWS);
}

function turn(ref: SilenceRef): string {
    const name = (role: Role): string => role === "unknown" ? "?" : role;
    const { speakerBefore, speakerAfter } = ref.silence;
    return speakerBefore === "unknown" && speakerAfter === "unknown" ? "" : `${name(speakerBefore)} → ${name(speakerAfter)}`;
}

export function silencesPage(app: App): PageView {
    const { index } = app.report;
    const cause = (ref: SilenceRef): string => causeName(ref.silence.pattern, index);
    const table = new Table<SilenceRef>({
        label: "Silences",
        sort: { key: "length", descending: true },
        open: (ref) => {
            app.setOrder([...new Set(table.order().map((one) => one.call))]);
            app.open(ref.call, ref.silence.start);
        },
        play: listenTo,
        columns: [
            { key: "play", title: "", width: 48, cell: (ref) => listenButton(ref) },
            { key: "length", title: "Length", numeric: true, width: 84, cell: (ref) => h("strong", {}, secs(ref.seconds)), by: (ref) => ref.seconds, firstDescending: true },
            { key: "category", title: "Category", width: 108, cell: (ref) => h("span", { class: `category ${ref.silence.category}` }, ref.silence.category), by: (ref) => ["short", "medium", "long"].indexOf(ref.silence.category), firstDescending: true },
            { key: "cause", title: "Cause", minWidth: 150, grow: 2, cell: (ref) => data(cause(ref), { class: ref.silence.pattern === null ? "muted" : "" }), by: cause },
            { key: "evidence", title: "Words before it", hint: "The words that gave the cause, or the last words before", minWidth: 150, grow: 4, cell: (ref) => ref.silence.evidence === "" ? "" : data(`“${ref.silence.evidence}”`, { title: ref.silence.evidence }), by: (ref) => ref.silence.evidence || null },
            { key: "announced", title: "Announced", hint: "“One moment, please” announces a silence; what nobody announced is dead air", width: 112, cell: (ref) => ref.silence.announced ? "announced" : h("span", { class: "dead" }, "dead air"), by: (ref) => ref.silence.announced ? 1 : 0 },
            { key: "at", title: "At", hint: "Where in the call", numeric: true, width: 70, cell: (ref) => clock(ref.silence.start), by: (ref) => ref.silence.start },
            { key: "turn", title: "Who spoke", hint: "Before and after the silence; dual-channel recordings only", width: 172, cell: turn, by: (ref) => turn(ref) || null },
            { key: "call", title: "Call", minWidth: 120, grow: 2, cell: (ref) => data(callName(ref.call), { title: ref.call.path }), by: (ref) => callName(ref.call) },
            { key: "agent", title: "Agent", minWidth: 104, grow: 2, cell: (ref) => data(ref.call.agent ?? ""), by: (ref) => ref.call.agent },
            { key: "store", title: "Store", minWidth: 90, grow: 1, hidden: true, cell: (ref) => data(ref.call.store ?? ""), by: (ref) => ref.call.store },
            { key: "started", title: "Started", width: 116, hidden: true, cell: (ref) => data(when(ref.call.startedAt)), by: (ref) => ref.call.startedAt, firstDescending: true },
        ],
        card: (ref) => h("div", { class: "row-card" },
            h("div", { class: "line" }, listenButton(ref), h("strong", {}, secs(ref.seconds)), h("span", { class: `category ${ref.silence.category}` }, ref.silence.category),
                h("span", { class: "push" }, ref.silence.announced ? "announced" : h("span", { class: "dead" }, "dead air"))),
            h("div", { class: "line" }, data(cause(ref), { class: ref.silence.pattern === null ? "muted" : "" })),
            ref.silence.evidence === "" ? null : h("div", { class: "line muted clamp" }, data(`“${ref.silence.evidence}”`)),
            h("div", { class: "line muted" }, data([callName(ref.call), `at ${clock(ref.silence.start)}`, ref.call.agent].filter((part) => part).join(" · ")))),
    });
    const caption = h("p", { class: "caption" });
    const empty = h("div", { class: "card empty", hidden: true });
    const element = h("div", { class: "page list" }, h("div", { class: "list-head" }, caption, table.controls()), table.element, empty);

    return {
        element,
        update(): void {
            const { silences } = app.selection();
            const rows = longest(silences);
            replace(caption, silences.length === app.report.silences.length ? plural(silences.length, "silence") : `${count(silences.length)} of ${plural(app.report.silences.length, "silence")}`,
                rows.length < silences.length ? `; the table holds the ${count(rows.length)} longest, filters reach the others` : "");
            table.element.hidden = rows.length === 0;
            empty.hidden = rows.length > 0;
            replace(empty, rows.length > 0 ? null : nothingFound(app, "silence"));
            table.shown();
            table.show(rows);
        },
        leave: stopListening,
        key: (event) => { if (event.key === "ArrowDown" || event.key === "ArrowUp") table.focus(); },
    };
}
