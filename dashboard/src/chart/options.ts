import type { CustomSeriesRenderItem } from "echarts";
import type { EChartsCoreOption } from "echarts/core";
import { h } from "../dom.ts";
import type { Bin } from "../stats.ts";
import { color } from "../theme.ts";

export interface Bar {
    readonly label: string;
    readonly value: number;
    /** Half width of the interval, null without one. */
    readonly margin: number | null;
    readonly faded: boolean;
    readonly text: string;
    readonly tooltip: string;
}

/** Measured on a canvas, so the family has to be spelled out. */
const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };

/** Tooltips are nodes: what a pattern file or a manifest says is never read as markup. */
function tooltip(texts: readonly string[]): EChartsCoreOption {
    return {
        trigger: "item", confine: true, transitionDuration: 0,
        backgroundColor: color("surface"), borderColor: color("line-strong"), textStyle: { color: color("text"), ...font }, padding: [6, 10],
        extraCssText: "max-width: 280px; white-space: normal; box-shadow: 0 4px 16px rgb(0 0 0 / 12%); border-radius: 6px",
        formatter: (item: { dataIndex: number }) => h("span", {}, texts[item.dataIndex] ?? ""),
    };
}

/** Whiskers for the 95 % interval of each bar. */
function whiskers(bars: readonly Bar[], horizontal: boolean): object {
    const renderItem: CustomSeriesRenderItem = (_params, api) => {
        const at = Number(api.value(0));
        const low = Number(api.value(1));
        const high = Number(api.value(2));
        const [a, b] = horizontal ? [api.coord([low, at]), api.coord([high, at])] : [api.coord([at, low]), api.coord([at, high])];
        return { type: "line", silent: true, shape: { x1: a[0] ?? 0, y1: a[1] ?? 0, x2: b[0] ?? 0, y2: b[1] ?? 0 }, style: { stroke: color("text"), lineWidth: 1 } };
    };
    return {
        type: "custom", renderItem, silent: true, z: 5, tooltip: { show: false },
        data: bars.flatMap((bar, i) => bar.margin === null ? [] : [[i, Math.max(0, bar.value - bar.margin), bar.value + bar.margin]]),
        encode: horizontal ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    };
}

/** Shares by name, largest first, named and valued beside the bar: no axis is needed to read them. */
export function horizontalBars(bars: readonly Bar[]): EChartsCoreOption {
    return {
        animation: false,
        textStyle: font,
        grid: { left: 4, right: 4, top: 4, bottom: 4, containLabel: true },
        tooltip: tooltip(bars.map((bar) => bar.tooltip)),
        xAxis: { type: "value", min: 0, max: Math.max(0.01, ...bars.map((bar) => bar.value + (bar.margin ?? 0))), show: false },
        yAxis: [{
            type: "category", inverse: true, data: bars.map((_bar, i) => i), axisLine: { lineStyle: { color: color("line-strong") } }, axisTick: { show: false },
            axisLabel: { color: color("text"), width: 140, overflow: "truncate", formatter: (_value: string, i: number) => bars[i]?.label ?? "", ...font },
        }, {
            type: "category", inverse: true, position: "right", data: bars.map((_bar, i) => i), axisLine: { show: false }, axisTick: { show: false },
            axisLabel: { color: color("muted"), margin: 12, formatter: (_value: string, i: number) => bars[i]?.text ?? "", ...font },
        }],
        series: [
            {
                type: "bar", barMaxWidth: 18, barCategoryGap: "30%", cursor: "pointer",
                data: bars.map((bar) => ({ value: bar.value, itemStyle: { color: color(bar.faded ? "faded" : "medium"), borderRadius: [0, 3, 3, 0] } })),
            },
            whiskers(bars, true),
        ],
    };
}

/** Bars over the hours of the day. */
export function hourBars(bars: readonly Bar[]): EChartsCoreOption {
    return {
        animation: false,
        textStyle: font,
        grid: { left: 4, right: 8, top: 12, bottom: 4, containLabel: true },
        tooltip: tooltip(bars.map((bar) => bar.tooltip)),
        xAxis: { type: "category", data: bars.map((bar) => bar.label), axisTick: { show: false }, axisLine: { lineStyle: { color: color("line-strong") } }, axisLabel: { color: color("muted"), ...font } },
        yAxis: { type: "value", min: 0, splitNumber: 3, axisLabel: { color: color("muted"), formatter: (value: number) => `${Math.round(value * 100)}\u00a0%`, ...font }, splitLine: { lineStyle: { color: color("line") } } },
        series: [
            {
                type: "bar", barCategoryGap: "25%", cursor: "pointer",
                data: bars.map((bar) => ({ value: bar.value, itemStyle: { color: color(bar.faded ? "faded" : "medium"), borderRadius: [3, 3, 0, 0] } })),
            },
            whiskers(bars, false),
        ],
    };
}

export interface Zone {
    readonly from: number;
    readonly colour: "short" | "medium" | "long";
    readonly faded: boolean;
    readonly text: string;
}

/** Silences by length; each category has its shade and its name over its own stretch of the axis. */
export function histogram(bins: readonly Bin[], zones: readonly Zone[], tips: readonly string[], unit: (seconds: number) => string): EChartsCoreOption {
    const last = bins[bins.length - 1];
    const first = bins[0]?.from ?? 0;
    const lastWidth = 1.2;
    const end = (last?.from ?? 0) + lastWidth;
    const zoneOf = (at: number): Zone | undefined => zones.findLast((zone) => at >= zone.from - 1e-9);
    const renderItem: CustomSeriesRenderItem = (_params, api) => {
        const a = api.coord([Number(api.value(0)), Number(api.value(2))]);
        const b = api.coord([Number(api.value(1)), 0]);
        const zone = zoneOf(Number(api.value(0)));
        const height = (b[1] ?? 0) - (a[1] ?? 0);
        return {
            type: "rect", shape: { x: (a[0] ?? 0) + 0.5, y: a[1] ?? 0, width: Math.max(1, (b[0] ?? 0) - (a[0] ?? 0) - 1), height: Math.max(0, height), r: [3, 3, 0, 0] },
            style: { fill: color(zone?.faded ? "faded" : zone?.colour ?? "short") },
        };
    };
    const ticks = [...new Set([...zones.map((zone) => zone.from), last?.from ?? 0])];
    return {
        animation: false,
        textStyle: font,
        grid: { left: 4, right: 12, top: 40, bottom: 4, containLabel: true },
        tooltip: tooltip(tips),
        xAxis: {
            type: "value", min: first, max: end, axisTick: { show: true, customValues: ticks }, splitLine: { show: false }, axisLine: { lineStyle: { color: color("line-strong") } },
            axisLabel: { color: color("muted"), customValues: ticks, formatter: (value: number) => value === last?.from ? `${unit(value)}+` : unit(value), hideOverlap: true, ...font },
        },
        yAxis: { type: "value", min: 0, minInterval: 1, splitNumber: 3, axisLabel: { color: color("muted"), ...font }, splitLine: { lineStyle: { color: color("line") } } },
        series: [{
            type: "custom", renderItem, cursor: "pointer", clip: false,
            data: bins.map((bin) => [bin.from, Number.isFinite(bin.to) ? bin.to : bin.from + lastWidth, bin.count]),
            encode: { x: [0, 1], y: 2 },
            markLine: {
                silent: true, symbol: "none", animation: false,
                lineStyle: { color: color("muted"), type: "dashed", width: 1 },
                // The first name ends at its zone's far border, where it has room on any screen.
                data: zones.flatMap((zone, i) => {
                    const mark = (at: number, align: "left" | "right", width: number): object => ({
                        xAxis: at, lineStyle: { width },
                        label: { show: true, position: "end", align, padding: align === "left" ? [0, 0, 0, 4] : [0, 4, 0, 0], lineHeight: 14, color: color("muted"), formatter: zone.text, ...font },
                    });
                    return i === 0 ? [mark(zones[1]?.from ?? zone.from, "right", 0)] : [mark(zone.from, "left", 1)];
                }),
            },
        }],
    };
}
