import type { App, PageView } from "../app.ts";
import { ChartCard } from "../chart/card.ts";
import { h, replace } from "../dom.ts";
import type { Selection } from "../filters.ts";
import { count, percent, plural, setting, span } from "../format.ts";
import { stopListening } from "../listen.ts";
import { ENOUGH_CALLS, type Estimate, perCall, ratio } from "../stats.ts";
import { causeChart, hourChart, lengthChart } from "./overview_charts.ts";
import { aboutReport, listenFirst, notices } from "./overview_parts.ts";

function figure(label: string, value: string, below: string, dead = false): HTMLElement {
    return h("div", { class: dead ? "figure dead-air" : "figure" }, h("dt", {}, label), h("dd", { class: "value" }, value), h("dd", { class: "below" }, below));
}

/** The interval where there is one, and always the base. */
function base(estimate: Estimate | null, n: number, write: (margin: number) => string): string {
    if (estimate === null) return "nothing to measure";
    return estimate.margin === null ? `n ${plural(n, "call")}${n < ENOUGH_CALLS ? ", too few for an interval" : ""}` : `±${write(estimate.margin)} · n ${plural(n, "call")}`;
}

function keyFigures(app: App, selection: Selection): HTMLElement {
    const { settings } = app.report.index.run;
    const calls = selection.calls.filter((call) => call.status === "analyzed");
    const sums = perCall(selection.silences);
    let duration = 0;
    let talk = 0;
    let silence = 0;
    let dead = 0;
    let long = 0;
    for (const call of calls) {
        duration += call.durationSeconds;
        talk += call.metrics?.talkSeconds ?? 0;
    }
    for (const sum of sums.values()) {
        silence += sum.seconds;
        dead += sum.dead;
        long += sum.long;
    }
    const failed = selection.calls.filter((call) => call.status === "failed").length;
    const stopped = selection.calls.length - calls.length - failed;
    const share = ratio(calls.map((call) => [sums.get(call)?.seconds ?? 0, call.durationSeconds]));
    const longPerCall = ratio(calls.map((call) => [sums.get(call)?.long ?? 0, 1]));
    const others = [failed > 0 ? `${count(failed)} failed` : "", stopped > 0 ? `${count(stopped)} not reached` : ""].filter((part) => part !== "");
    return h("dl", { class: "figures-strip", "aria-label": "Key figures" },
        figure("Calls", count(selection.calls.length), others.length > 0 ? `${count(calls.length)} analyzed · ${others.join(" · ")}` : "all analyzed"),
        figure("Talk time", span(talk), `of ${span(duration)} recorded · n ${plural(calls.length, "call")}`),
        figure("Silence share", share === null ? "–" : percent(share.value), base(share, calls.length, (margin) => percent(margin))),
        figure("Long silences per call", longPerCall === null ? "–" : longPerCall.value.toFixed(2), `${count(long)} of ${setting(settings.longFromSeconds)} and more · ${base(longPerCall, calls.length, (margin) => margin.toFixed(2))}`),
        figure("Dead air", span(dead), silence > 0 ? `nobody announced it · ${percent(dead / silence, 0)} of the silence` : "no silence", true));
}

/** What a manager reads first. */
export function overviewPage(app: App): PageView {
    const element = h("div", { class: "page" });
    const cause = new ChartCard();
    const length = new ChartCard();
    const hour = new ChartCard();
    return {
        element,
        update(): void {
            const selection = app.selection();
            cause.show(causeChart(app));
            length.show(lengthChart(app));
            hour.show(hourChart(app));
            replace(element,
                notices(app),
                selection.silencesChosen ? h("p", { class: "caption" }, "Figures below count the chosen silences only, over all calls that the other filters leave.") : null,
                keyFigures(app, selection),
                h("div", { class: "charts" }, cause.element, length.element, hour.element),
                h("div", { class: "below-charts" }, listenFirst(app, selection), aboutReport(app, selection)));
        },
        leave: stopListening,
    };
}

