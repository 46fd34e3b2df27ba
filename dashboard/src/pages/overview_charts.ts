import type { App } from "../app.ts";
import type { ChartSpec } from "../chart/card.ts";
import { type Bar, histogram, horizontalBars, hourBars, type Zone } from "../chart/options.ts";
import { type Child, data, h } from "../dom.ts";
import { count, moment, percent, plural, setting, span } from "../format.ts";
import type { CallRow } from "../generated/dashboard.ts";
import { ENOUGH_CALLS, lengthBins, ratio } from "../stats.ts";
import type { Filters } from "../state.ts";
import { CATEGORIES, categoryRange, causeName, UNEXPLAINED } from "../words.ts";

/** A name in a chart's table that narrows everything down when pressed. */
function choose<K extends keyof Filters>(app: App, key: K, value: Filters[K], label: string): Child {
    const on = app.view.filters[key] === value;
    return h("button", { type: "button", class: "link", "aria-pressed": String(on), onclick: () => { app.setFilter(key, on ? null : value); } }, data(label));
}

function toggle<K extends keyof Filters>(app: App, key: K, value: Filters[K] | undefined): void {
    if (value !== undefined) app.setFilter(key, app.view.filters[key] === value ? null : value);
}

export function causeChart(app: App): ChartSpec {
    const { index } = app.report;
    const selection = app.selection("cause");
    const calls = selection.calls.filter((call) => call.status === "analyzed");
    const groups = new Map<string, { count: number; seconds: number; byCall: Map<CallRow, number> }>();
    const perCall = new Map<CallRow, number>();
    let total = 0;
    for (const { call, silence, seconds } of selection.silences) {
        const id = silence.pattern ?? UNEXPLAINED;
        let group = groups.get(id);
        if (!group) groups.set(id, group = { count: 0, seconds: 0, byCall: new Map() });
        group.count += 1;
        group.seconds += seconds;
        group.byCall.set(call, (group.byCall.get(call) ?? 0) + seconds);
        perCall.set(call, (perCall.get(call) ?? 0) + seconds);
        total += seconds;
    }
    const sorted = [...groups].sort((a, b) => b[1].seconds - a[1].seconds);
    const chosen = app.view.filters.cause;
    const bars = sorted.map(([id, group]): Bar => {
        const estimate = ratio(calls.map((call) => [group.byCall.get(call) ?? 0, perCall.get(call) ?? 0]));
        const name = causeName(id, index);
        const description = index.patterns.find((pattern) => pattern.id === id)?.description;
        return {
            label: name,
            value: estimate?.value ?? 0,
            margin: estimate?.margin ?? null,
            faded: chosen === null ? id === UNEXPLAINED : chosen !== id,
            text: `${percent(estimate?.value ?? 0, 0)}   n ${count(group.count)}`,
            tooltip: `${percent(estimate?.value ?? 0)} of the silent time${estimate?.margin == null ? "" : ` (±${percent(estimate.margin)})`}: ${plural(group.count, "silence")}, ${span(group.seconds)} in all. ${id === UNEXPLAINED ? "No pattern matched the words around them." : description ?? ""}`,
        };
    });
    const first = sorted[0];
    const named = first && first[0] !== UNEXPLAINED ? causeName(first[0], index) : null;
    return {
        title: named !== null && total > 0 && calls.length >= ENOUGH_CALLS ? `${percent((first?.[1].seconds ?? 0) / total, 0)} of quiet time: ${named}` : "Why do calls go quiet?",
        subtitle: `Share of silent time by cause${calls.length >= ENOUGH_CALLS ? ", with 95\u00a0% interval" : ""} · n ${plural(selection.silences.length, "silence")} in ${plural(calls.length, "call")}`,
        height: Math.max(120, bars.length * 32 + 12),
        option: bars.length === 0 ? null : () => horizontalBars(bars),
        instead: "There is no silence to explain here.",
        file: "silence-by-cause",
        click: (i) => { toggle(app, "cause", sorted[i]?.[0]); },
        table: {
            columns: ["Cause", "Silences", "Time", "Share"],
            rows: sorted.map(([id, group], i) => [choose(app, "cause", id, bars[i]?.label ?? id), count(group.count), span(group.seconds),
                `${percent(bars[i]?.value ?? 0)}${bars[i]?.margin == null ? "" : ` ±${percent(bars[i]?.margin ?? 0)}`}`]),
        },
    };
}

export function lengthChart(app: App): ChartSpec {
    const { settings } = app.report.index.run;
    const { silences } = app.selection("category");
    const borders = { min: settings.minSilenceSeconds, medium: settings.mediumFromSeconds, long: settings.longFromSeconds };
    const bins = lengthBins(silences.map((ref) => ref.seconds), borders);
    const chosen = app.view.filters.category;
    const counts = CATEGORIES.map((category) => silences.filter((ref) => ref.silence.category === category).length);
    const starts = { short: borders.min, medium: borders.medium, long: borders.long };
    const zones = CATEGORIES.map((category, i): Zone => ({
        from: starts[category], colour: category, faded: chosen !== null && chosen !== category,
        text: `${category}\n${count(counts[i] ?? 0)}`,
    }));
    const range = (from: number, to: number): string => Number.isFinite(to) ? `${Number(from.toFixed(1))}–${setting(to)}` : `${setting(from)} and more`;
    const categoryAt = (seconds: number): (typeof CATEGORIES)[number] => seconds >= borders.long ? "long" : seconds >= borders.medium ? "medium" : "short";
    const longest = silences.reduce((most, ref) => Math.max(most, ref.seconds), 0);
    return {
        title: "How long are the silences?",
        subtitle: `Silences by length in seconds; borders at ${setting(borders.medium)} and ${setting(borders.long)} · n ${count(silences.length)}${silences.length > 0 ? ` · longest ${span(longest)}` : ""}`,
        height: 200,
        option: silences.length === 0 ? null : () => histogram(bins, zones, bins.map((bin) => `${plural(bin.count, "silence")} of ${range(bin.from, bin.to)}, ${percent(bin.count / silences.length)} of all: ${categoryAt(bin.from)}.`), (s) => `${Number(s.toFixed(1))}`),
        instead: "There is no silence to measure here.",
        file: "silences-by-length",
        click: (i) => { const bin = bins[i]; if (bin) toggle(app, "category", categoryAt(bin.from)); },
        table: {
            columns: ["Length", "Silences", "Share"],
            rows: [
                ...CATEGORIES.map((category, i) => [choose(app, "category", category, `${category}, ${categoryRange(category, settings)}`), count(counts[i] ?? 0), percent((counts[i] ?? 0) / Math.max(1, silences.length))]),
                ...bins.map((bin) => [range(bin.from, bin.to), count(bin.count), percent(bin.count / Math.max(1, silences.length))]),
            ],
        },
    };
}

export function hourChart(app: App): ChartSpec {
    const selection = app.selection("hour");
    const bySeconds = new Map<CallRow, number>();
    for (const ref of selection.silences) bySeconds.set(ref.call, (bySeconds.get(ref.call) ?? 0) + ref.seconds);
    const hours = new Map<number, CallRow[]>();
    let dated = 0;
    for (const call of selection.calls) {
        const hour = call.status === "analyzed" ? moment(call.startedAt)?.hour : undefined;
        if (hour === undefined) continue;
        dated += 1;
        const calls = hours.get(hour);
        if (calls) calls.push(call);
        else hours.set(hour, [call]);
    }
    const known = [...hours.keys()];
    const first = Math.min(...known);
    const list = known.length === 0 ? [] : Array.from({ length: Math.max(...known) - first + 1 }, (_unused, i) => first + i);
    const chosen = app.view.filters.hour;
    const bars = list.map((hour): Bar => {
        const calls = hours.get(hour) ?? [];
        const estimate = ratio(calls.map((call) => [bySeconds.get(call) ?? 0, call.durationSeconds]));
        const few = calls.length < ENOUGH_CALLS;
        return {
            label: String(hour), value: estimate?.value ?? 0, margin: estimate?.margin ?? null, faded: chosen === null ? few : chosen !== hour, text: "",
            tooltip: calls.length === 0 ? `No calls from ${hour}:00 to ${hour}:59.` : `From ${hour}:00 to ${hour}:59, ${percent(estimate?.value ?? 0)} of the time is silent${estimate?.margin == null ? "" : ` (±${percent(estimate.margin)})`}, n ${plural(calls.length, "call")}${few ? ": too few to compare" : ""}.`,
        };
    });
    const enough = dated >= ENOUGH_CALLS;
    const some = bars.some((bar) => bar.margin === null);
    return {
        title: "When do calls go quiet?",
        subtitle: enough ? `Silence share by hour of day (local time), with 95\u00a0% interval · n ${plural(dated, "call")}${some ? " · pale: under 30 calls" : ""}` : "Silence share by hour of day",
        height: 200,
        option: enough ? () => hourBars(bars) : null,
        instead: dated === 0 && selection.calls.length > 0
            ? "The times of these calls are not known. A manifest with their times fills this chart."
            : `Too few calls to say: ${count(dated)} with a known time, and hours are compared from ${ENOUGH_CALLS} on.`,
        file: "silence-by-hour",
        click: (i) => { toggle(app, "hour", list[i]); },
        table: {
            columns: ["Hour", "Calls", "Silence share"],
            rows: list.map((hour, i) => [choose(app, "hour", hour, `${hour}:00–${hour}:59`), count(hours.get(hour)?.length ?? 0),
                `${percent(bars[i]?.value ?? 0)}${bars[i]?.margin == null ? "" : ` ±${percent(bars[i]?.margin ?? 0)}`}`]),
        },
    };
}
