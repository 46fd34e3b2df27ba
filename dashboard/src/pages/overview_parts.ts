import type { App } from "../app.ts";
import { type Child, data, h, icon } from "../dom.ts";
import type { Selection } from "../filters.ts";
import { clock, count, plural, secs, setting, span, utc, when } from "../format.ts";
import { listenButton } from "../listen.ts";
import { callName, causeName } from "../words.ts";

/** What the reader must know before any figure. */
export function notices(app: App): Child {
    const { run, calls } = app.report.index;
    const failed = calls.filter((call) => call.status === "failed").length;
    const silent = calls.filter((call) => call.status === "analyzed" && !call.transcribed).length;
    const list: Child[] = [];
    const add = (...children: Child[]): void => { list.push(h("p", { class: "notice warn" }, icon("warn"), h("span", {}, children))); };
    if (!run.complete) add("The run was stopped before its end; this report holds what was done. Run the same command again: what is done is not done twice.");
    if (failed > 0) {
        add(`${plural(failed, "call")} could not be analyzed. `,
            h("button", { type: "button", class: "link", onclick: () => { app.setFilter("status", "failed"); app.go("calls"); } }, "See which, and why"));
    }
    if (silent > 0) {
        add(run.model === null ? "This report has no words: " : `${plural(silent, "call")} ${silent === 1 ? "has" : "have"} no words: `,
            "causes, announcements and keywords cannot be told, and every silence counts as dead air. Install a speech model with ", h("code", {}, "chat models pull base"), " and run the same command again.");
    }
    for (const note of run.notes) add(data(note));
    return list.length === 0 ? null : h("div", { class: "notices" }, list);
}

const LISTEN = 8;

export function listenFirst(app: App, selection: Selection): HTMLElement {
    const { index } = app.report;
    const worst = selection.silences.filter((ref) => !ref.silence.announced).sort((a, b) => b.seconds - a.seconds).slice(0, LISTEN);
    const head = h("header", {}, h("div", {}, h("h2", {}, "Listen to these first"), h("p", { class: "sub" }, "The longest silences that nobody announced, each with 5 s around it")),
        worst.length === 0 ? null : h("button", { type: "button", class: "link", onclick: () => { app.setFilter("announced", false); app.go("silences"); } }, "All of them"));
    if (worst.length === 0) return h("section", { class: "card" }, head, h("p", { class: "empty" }, "No call holds a silence that nobody announced."));
    return h("section", { class: "card listen" }, head,
        h("table", { class: "plain" },
            h("thead", {}, h("tr", {}, h("th", {}, h("span", { class: "sr" }, "Play")), h("th", { class: "number", scope: "col" }, "Length"), h("th", { scope: "col" }, "Cause"), h("th", { scope: "col", class: "wide-only" }, "Words before it"),
                h("th", { scope: "col", class: "number" }, "At"), h("th", { scope: "col" }, "Call"), h("th", { scope: "col", class: "wide-only" }, "Agent"), h("th", { scope: "col", class: "wide-only" }, "Started"))),
            h("tbody", {}, worst.map((ref) => {
                const button = listenButton(ref);
                button.tabIndex = 0;
                const open = (): void => { app.open(ref.call, ref.silence.start); };
                return h("tr", { onclick: open },
                    h("td", { class: "narrow" }, button),
                    h("td", { class: "number" }, h("strong", {}, secs(ref.seconds))),
                    h("td", {}, data(causeName(ref.silence.pattern, index), { class: ref.silence.pattern === null ? "muted" : "" })),
                    h("td", { class: "wide-only words" }, ref.silence.evidence === "" ? null : data(`“${ref.silence.evidence}”`)),
                    h("td", { class: "number" }, clock(ref.silence.start)),
                    h("td", {}, h("button", { type: "button", class: "link", onclick: (event: Event) => { event.stopPropagation(); open(); } }, data(callName(ref.call)))),
                    h("td", { class: "wide-only" }, data(ref.call.agent ?? "")),
                    h("td", { class: "wide-only" }, data(when(ref.call.startedAt))));
            }))));
}

function facts(rows: readonly (readonly [Child, Child])[]): HTMLElement {
    return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** The report's own summary: always of the whole report, whatever is filtered. */
export function aboutReport(app: App, selection: Selection): HTMLElement {
    const { run, summary } = app.report.index;
    const { settings } = run;
    const whole = selection.calls.length === app.report.index.calls.length && !selection.silencesChosen;
    return h("section", { class: "card" },
        h("header", {}, h("div", {}, h("h2", {}, "In this report"), h("p", { class: "sub" }, whole ? "All calls of the run" : "All calls of the run, whatever the filters"))),
        facts([
            ["Calls", `${count(summary.total)} · ${count(summary.processed)} analyzed · ${count(summary.failed)} failed`],
            ["With silence", `${count(summary.callsWithSilence)} of ${count(summary.processed)}`],
            ["Silences", `${count(summary.silences)}${summary.meanSilencesPerCall === null ? "" : ` · ${summary.meanSilencesPerCall.toFixed(1)} a call`}`],
            ["Mean length", summary.meanDurationSeconds === null ? "–" : clock(summary.meanDurationSeconds)],
            ...summary.callsWithKeyword.map((keyword) => [data(`“${keyword.rule}”`), `heard in ${count(keyword.calls)} of ${plural(summary.processed, "call")}`] as const),
            ["Started", utc(run.startedAt)],
            ["Last update", utc(run.lastUpdate)],
        ]),
        h("details", { class: "run" }, h("summary", {}, "How it was made"),
            facts([
                ["Program", data(`${run.program} ${run.version}`)],
                ["Speech model", run.model === null ? "none, nothing was transcribed" : data(`${run.model}, beam ${settings.beam}, ${settings.language}`)],
                ["Speech detector", data(run.detector)],
                ["Silence from", setting(settings.minSilenceSeconds)],
                ["Medium, long from", `${setting(settings.mediumFromSeconds)}, ${setting(settings.longFromSeconds)}`],
                ["Words looked at", `${setting(settings.contextSeconds)} before and after`],
                ["Agent's channel", settings.agentChannel],
                ["Took", `${span(run.elapsedSeconds)} with ${plural(run.workers, "worker")}, ${count(Math.round(run.peakMemoryBytes / 1048576))} MiB at most`],
            ]),
            run.timings.length === 0 ? null : h("table", { class: "figures" },
                h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Stage"), h("th", { scope: "col", class: "number" }, "Time"), h("th", { scope: "col", class: "number" }, "Calls"), h("th", { scope: "col", class: "number" }, "Kept"))),
                h("tbody", {}, run.timings.map((timing) => h("tr", {}, h("th", { scope: "row" }, data(timing.stage)), h("td", { class: "number" }, secs(timing.seconds)), h("td", { class: "number" }, count(timing.calls)), h("td", { class: "number" }, count(timing.reused))))))),
        h("p", { class: "files" }, "The same as files: ", h("a", { href: "calls.csv" }, "calls.csv"), " ", h("a", { href: "silences.csv" }, "silences.csv"), " ", h("a", { href: "report.json" }, "report.json")));
}
