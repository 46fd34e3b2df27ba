import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { type Child, h, icon, replace } from "../dom.ts";
import { color, onTheme } from "../theme.ts";
import { init } from "./echarts.ts";

export interface ChartTable {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly Child[])[];
}

export interface ChartSpec {
    /** The question or the answer. */
    readonly title: string;
    /** Unit, base, n. */
    readonly subtitle: string;
    readonly height: number;
    /** Made again for each theme; null: `instead` is said and nothing is drawn. */
    readonly option: (() => EChartsCoreOption) | null;
    readonly instead: string;
    readonly table: ChartTable;
    readonly click?: (dataIndex: number) => void;
    readonly file: string;
}

/** The frame around every chart: title, the same as a table, a picture of it. */
export class ChartCard {
    readonly element = h("section", { class: "card chart" });
    private chart: EChartsType | null = null;
    private spec: ChartSpec | null = null;
    private asTable = false;
    private readonly canvas = h("div", { class: "canvas" });
    private readonly sizes = new ResizeObserver(() => { this.chart?.resize(); });

    constructor() {
        onTheme(() => { this.draw(); });
    }

    show(spec: ChartSpec): void {
        this.spec = spec;
        this.draw();
    }

    private draw(): void {
        const spec = this.spec;
        if (!spec) return;
        this.chart?.dispose();
        this.chart = null;
        this.sizes.disconnect();
        const drawn = spec.option !== null && !this.asTable;
        replace(this.element,
            h("header", {}, h("h2", {}, spec.title), spec.option === null ? null : this.tools(spec), h("p", { class: "sub" }, spec.subtitle)),
            spec.option === null ? h("p", { class: "empty" }, spec.instead) : this.asTable ? tableOf(spec.table) : this.canvas);
        if (!drawn || !spec.option) return;
        this.canvas.style.setProperty("height", `${spec.height}px`);
        const start = (): void => {
            if (this.chart || !spec.option || this.canvas.clientWidth === 0) return;
            this.chart = init(this.canvas, null, { renderer: "svg" });
            this.chart.setOption(spec.option());
            const click = spec.click;
            if (click) this.chart.on("click", (event) => { click(event.dataIndex); });
            this.canvas.querySelector("svg")?.setAttribute("aria-hidden", "true");
        };
        this.sizes.observe(this.canvas);
        if (this.canvas.isConnected) start();
        requestAnimationFrame(start);
    }

    private tools(spec: ChartSpec): HTMLElement {
        const toggle = h("button", { type: "button", class: "tool", "aria-label": this.asTable ? `${spec.title}: as a chart` : `${spec.title}: as a table`, title: this.asTable ? "As a chart" : "As a table",
            onclick: () => {
                this.asTable = !this.asTable;
                this.draw();
                this.element.querySelector<HTMLElement>(".tool")?.focus();
            } }, icon(this.asTable ? "chart" : "table"));
        const save = (type: "svg" | "png"): HTMLElement => h("button", { type: "button", class: "tool text", title: `Save as ${type.toUpperCase()}`, "aria-label": `${spec.title}: save as ${type.toUpperCase()}`,
            onclick: () => { picture(spec, type); } }, type.toUpperCase());
        return h("div", { class: "tools" }, toggle, save("png"), save("svg"));
    }
}

function tableOf(table: ChartTable): HTMLElement {
    return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "The chart's figures" },
        h("table", { class: "figures" },
            h("thead", {}, h("tr", {}, table.columns.map((name, i) => h("th", { scope: "col", class: i === 0 ? "" : "number" }, name)))),
            h("tbody", {}, table.rows.map((row) => h("tr", {}, row.map((cell, i) => i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: "number" }, cell)))))));
}

/** Saves a chart with its title, in the colours of the present theme. */
function picture(spec: ChartSpec, type: "svg" | "png"): void {
    if (!spec.option) return;
    const width = 720;
    const height = spec.height + 64;
    const chart = type === "svg" ? init(null, null, { renderer: "svg", ssr: true, width, height }) : init(h("div"), null, { renderer: "canvas", width, height });
    const option = spec.option();
    const grid = option["grid"] as { top?: number } | undefined;
    chart.setOption({
        ...option,
        animation: false,
        backgroundColor: color("surface"),
        grid: { ...grid, top: (grid?.top ?? 8) + 64 },
        title: { text: spec.title, subtext: spec.subtitle, left: 12, top: 8, textStyle: { color: color("text"), fontSize: 16, fontWeight: 600 }, subtextStyle: { color: color("muted"), fontSize: 12 } },
    });
    const link = h("a", { download: `${spec.file}.${type}` });
    if (type === "svg") link.href = URL.createObjectURL(new Blob([chart.renderToSVGString()], { type: "image/svg+xml" }));
    else link.href = chart.getDataURL({ type: "png", pixelRatio: 2 });
    link.click();
    if (type === "svg") setTimeout(() => { URL.revokeObjectURL(link.href); }, 10_000);
    chart.dispose();
}
