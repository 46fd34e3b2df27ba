import type { App, PageView } from "../app.ts";
import { data, h, icon, replace } from "../dom.ts";
import { silenceMatches } from "../filters.ts";
import { clock, count, percent, plural, secs, span, when } from "../format.ts";
import type { CallRow } from "../generated/dashboard.ts";
import { perCall } from "../stats.ts";
import { strip } from "../strip.ts";
import { Table } from "../table.ts";
import { callName, shortSid, statusWord } from "../words.ts";
import { nothingFound } from "./nothing.ts";

interface Row {
    call: CallRow;
    silences: number;
    seconds: number;
    long: number;
    longest: number;
    dead: number;
}

function status(call: CallRow): HTMLElement | string {
    if (call.status !== "analyzed") return h("span", { class: `tag ${call.status}` }, statusWord(call.status));
    if (call.warnings > 0) return h("span", { class: "tag warn", title: plural(call.warnings, "warning") }, icon("warn"), count(call.warnings));
    return call.transcribed ? "" : h("span", { class: "tag", title: "Not transcribed: only what sound tells" }, "no words");
}

const analyzed = (call: CallRow): boolean => call.status === "analyzed";

/** All calls, sortable and filterable; a row opens the call. */
export function callsPage(app: App): PageView {
    const share = (row: Row): number | null => analyzed(row.call) && row.call.durationSeconds > 0 ? row.seconds / row.call.durationSeconds : null;
    const shown = (call: CallRow) => (silence: CallRow["silences"][number]): boolean => call.silences.length > 0 && silenceMatches(silence, app.view.filters);
    const chains = new Set(app.report.index.calls.map((call) => call.chain));
    const table = new Table<Row>({
        label: "Calls",
        sort: { key: "share", descending: true },
        open: (row) => {
            app.setOrder(table.order().map((one) => one.call));
            app.open(row.call);
        },
        dimmed: (row) => !analyzed(row.call),
        columns: [
            { key: "name", title: "Order or file", minWidth: 110, grow: 1, cell: (row) => data(callName(row.call), { class: "strong", title: row.call.path }), by: (row) => callName(row.call) },
            { key: "started", title: "Started", width: 116, cell: (row) => data(when(row.call.startedAt)), by: (row) => row.call.startedAt, firstDescending: true },
            { key: "chain", title: "Chain", minWidth: 104, grow: 1, hidden: chains.size < 2, cell: (row) => data(row.call.chain ?? ""), by: (row) => row.call.chain },
            { key: "store", title: "Store", minWidth: 120, grow: 1, cell: (row) => data(row.call.store ?? ""), by: (row) => row.call.store },
            { key: "agent", title: "Agent", minWidth: 104, grow: 1, cell: (row) => data(row.call.agent ?? ""), by: (row) => row.call.agent },
            { key: "sid", title: "Call SID", minWidth: 120, grow: 1, hidden: true, cell: (row) => data(shortSid(row.call.sid), { title: row.call.sid }), by: (row) => row.call.sid },
            { key: "length", title: "Length", numeric: true, width: 78, cell: (row) => clock(row.call.durationSeconds), by: (row) => row.call.durationSeconds, firstDescending: true },
            { key: "strip", title: "Where it goes quiet", hint: "The call from its start to its end; each mark is a silence, taller and darker when longer", minWidth: 170, grow: 2, cell: (row) => analyzed(row.call) ? strip(row.call, shown(row.call)) : data(row.call.error?.text ?? "", { title: row.call.error?.text ?? "" }) },
            { key: "silences", title: "Silences", numeric: true, width: 88, cell: (row) => analyzed(row.call) ? count(row.silences) : "", by: (row) => analyzed(row.call) ? row.silences : null, firstDescending: true },
            { key: "long", title: "Long", hint: "Silences of the longest category", numeric: true, width: 66, cell: (row) => analyzed(row.call) ? count(row.long) : "", by: (row) => analyzed(row.call) ? row.long : null, firstDescending: true },
            { key: "longest", title: "Longest", numeric: true, width: 86, cell: (row) => row.silences > 0 ? secs(row.longest) : "", by: (row) => row.silences > 0 ? row.longest : null, firstDescending: true },
            { key: "share", title: "Silence", hint: "Share of the call in which nobody speaks", numeric: true, width: 82, cell: (row) => { const value = share(row); return value === null ? "" : percent(value); }, by: share, firstDescending: true },
            { key: "dead", title: "Dead air", hint: "Silence that nobody announced", numeric: true, width: 96, cell: (row) => analyzed(row.call) ? span(row.dead) : "", by: (row) => analyzed(row.call) ? row.dead : null, firstDescending: true },
            { key: "response", title: "Response", hint: "Median time until the other party answers; dual-channel recordings only", numeric: true, width: 92, hidden: true, cell: (row) => { const value = row.call.metrics?.responseMedianSeconds; return value === null || value === undefined ? "" : secs(value); }, by: (row) => row.call.metrics?.responseMedianSeconds ?? null, firstDescending: true },
            { key: "status", title: "Notes", width: 104, cell: (row) => status(row.call), by: (row) => row.call.status === "failed" ? 1e6 : row.call.status === "stopped" ? 1e5 : row.call.warnings, firstDescending: true },
        ],
        card: (row) => h("div", { class: "row-card" },
            h("div", { class: "line" }, data(callName(row.call), { class: "strong" }), h("span", { class: "push number strong" }, analyzed(row.call) ? percent(share(row) ?? 0) : ""), status(row.call)),
            analyzed(row.call) ? strip(row.call, shown(row.call)) : null,
            h("div", { class: "line muted" }, data([when(row.call.startedAt), row.call.agent, row.call.store].filter((part) => part).join(" · "))),
            h("div", { class: "line muted" }, analyzed(row.call) ? `${clock(row.call.durationSeconds)} · ${plural(row.silences, "silence")} · longest ${secs(row.longest)} · dead air ${span(row.dead)}` : row.call.error?.text ?? "The run ended before its turn.")),
    });
    const caption = h("p", { class: "caption" });
    const empty = h("div", { class: "card empty", hidden: true });
    const element = h("div", { class: "page list" }, h("div", { class: "list-head" }, caption, table.controls()), table.element, empty);

    return {
        element,
        update(): void {
            const selection = app.selection();
            const sums = perCall(selection.silences);
            const rows: Row[] = [];
            for (const call of selection.calls) {
                const sum = sums.get(call);
                if (selection.silencesChosen && !sum) continue;
                rows.push({ call, silences: sum?.count ?? 0, seconds: sum?.seconds ?? 0, long: sum?.long ?? 0, longest: sum?.longest ?? 0, dead: sum?.dead ?? 0 });
            }
            replace(caption, rows.length === app.report.index.calls.length ? plural(rows.length, "call") : `${count(rows.length)} of ${plural(app.report.index.calls.length, "call")}`,
                selection.silencesChosen ? " with such silences; figures count these silences only" : "");
            table.element.hidden = rows.length === 0;
            empty.hidden = rows.length > 0;
            replace(empty, rows.length > 0 ? null : nothingFound(app, "call"));
            table.shown();
            table.show(rows);
        },
        key: (event) => { if (event.key === "ArrowDown" || event.key === "ArrowUp") table.focus(); },
    };
}
