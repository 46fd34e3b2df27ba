import type { App, PageView } from "./app.ts";
import { readReport, type Report } from "./data.ts";
import { data, h, icon, replace } from "./dom.ts";
import { filterBar } from "./filter_bar.ts";
import { select, type Selection } from "./filters.ts";
import { count, period } from "./format.ts";
import type { CallRow } from "./generated/dashboard.ts";
import { listenNotice } from "./listen.ts";
import { callPage } from "./pages/call.ts";
import { callsPage } from "./pages/calls.ts";
import { overviewPage } from "./pages/overview.ts";
import { silencesPage } from "./pages/silences.ts";
import { type FilterKey, type Filters, fragment, NO_FILTERS, type Page, parseFragment, type View } from "./state.ts";
import { setTheme, startTheme, theme, type Theme } from "./theme.ts";
import { callName } from "./words.ts";
import "./style/index.css";

function say(title: string, ...sentences: string[]): void {
    replace(document.getElementById("app") ?? document.body, h("main", { class: "alone" }, h("section", { class: "card empty" }, h("h1", {}, title), sentences.map((sentence) => h("p", {}, sentence)))));
}

class Frame implements App {
    view: View = parseFragment(location.hash);
    text = "";
    private readonly pages: Partial<Record<Page, PageView>> = {};
    private readonly main = h("main", { id: "main", tabindex: "-1" });
    private readonly tabs = h("nav", { class: "tabs", "aria-label": "Views" });
    private readonly bar = filterBar(this, (text) => { this.search(text); }, () => { this.clear(); });
    private readonly cache = new Map<string, Selection>();
    private order: readonly CallRow[];
    private shown: PageView | null = null;
    private timer = 0;

    constructor(readonly report: Report) {
        this.order = report.index.calls;
    }

    start(root: HTMLElement): void {
        const { index } = this.report;
        const dates = period(index.calls.map((call) => call.startedAt));
        replace(root,
            h("a", { class: "skip", href: "#main", onclick: (event: Event) => { event.preventDefault(); this.main.focus(); } }, "Skip to the content"),
            h("header", { class: "top" },
                h("button", { type: "button", class: "brand", "aria-label": "CHAT: to the overview", onclick: () => { this.go("overview"); } }, "CHAT"),
                h("p", { class: "report-name" }, data(index.title, { class: "strong" }), dates === "" ? null : h("span", { class: "muted" }, ` · ${dates}`)),
                themeChoice()),
            this.tabs, this.bar.element, this.main, listenNotice());
        window.addEventListener("hashchange", () => {
            this.view = parseFragment(location.hash);
            this.draw();
        });
        document.addEventListener("keydown", (event) => { this.key(event); });
        this.draw();
    }

    selection(without: FilterKey | null = null): Selection {
        const key = without ?? "";
        let found = this.cache.get(key);
        if (!found) this.cache.set(key, found = select(this.report, this.view.filters, this.text, without));
        return found;
    }

    setFilter<K extends FilterKey>(key: K, value: Filters[K]): void {
        this.move({ ...this.view, filters: { ...this.view.filters, [key]: value } });
    }

    go(page: Page): void {
        this.move({ ...this.view, page, detail: null, at: null });
        window.scrollTo(0, 0);
    }

    open(call: CallRow, at: number | null = null): void {
        this.move({ ...this.view, page: "call", detail: call.detail, at });
        window.scrollTo(0, 0);
    }

    setOrder(calls: readonly CallRow[]): void {
        this.order = calls;
    }

    around(call: CallRow): { previous: CallRow | null; next: CallRow | null; place: number; of: number } {
        let { order } = this;
        let at = order.indexOf(call);
        if (at < 0) {
            order = this.report.index.calls;
            at = order.indexOf(call);
        }
        return { previous: order[at - 1] ?? null, next: order[at + 1] ?? null, place: at + 1, of: order.length };
    }

    /** Everything that changes what is seen goes through the address, so that Back undoes it. */
    private move(view: View): void {
        this.view = view;
        const address = fragment(view);
        if (address !== location.hash) history.pushState(null, "", address);
        this.draw();
    }

    private search(text: string): void {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => {
            this.text = text.trim();
            this.draw();
        }, 120);
    }

    private clear(): void {
        this.text = "";
        this.move({ ...this.view, filters: { ...NO_FILTERS } });
    }

    private page(name: Page): PageView {
        const make = { overview: overviewPage, calls: callsPage, silences: silencesPage, call: callPage } as const;
        return this.pages[name] ??= make[name](this);
    }

    private draw(): void {
        this.cache.clear();
        const { view } = this;
        const { index } = this.report;
        const selection = this.selection();
        const tab = (page: Page, label: string, n: number | null): HTMLElement => h("a", { href: fragment({ ...view, page, detail: null, at: null }), "aria-current": view.page === page || (view.page === "call" && page === "calls") ? "page" : null },
            label, n === null ? null : h("span", { class: "n" }, count(n)));
        replace(this.tabs, tab("overview", "Overview", null), tab("calls", "Calls", selection.calls.length), tab("silences", "Silences", selection.silences.length));
        this.bar.update();
        this.bar.element.hidden = view.page === "call";
        const page = this.page(view.page);
        if (this.shown !== page) {
            this.shown?.leave?.();
            this.shown = page;
            replace(this.main, page.element);
        }
        page.update();
        const call = view.detail === null ? undefined : this.report.byDetail.get(view.detail);
        document.title = `${call ? `${callName(call)} · ` : ""}${index.title} · CHAT`;
    }

    private key(event: KeyboardEvent): void {
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
        const { target } = event;
        if (target instanceof HTMLElement && target.closest("input, select, textarea, summary")) return;
        // Space on a button presses it; elsewhere it plays.
        if (event.key === " " && target instanceof HTMLElement && target.closest("button, a")) return;
        if (event.key === "/" && this.view.page !== "call") {
            event.preventDefault();
            this.bar.element.querySelector("input")?.focus();
            return;
        }
        this.shown?.key?.(event);
    }
}

function themeChoice(): HTMLElement {
    const names: readonly (readonly [Theme, string])[] = [["system", "Auto"], ["light", "Light"], ["dark", "Dark"]];
    const choice = h("select", { "aria-label": "Colours", onchange: () => { setTheme(names.find(([name]) => name === choice.value)?.[0] ?? "system"); } },
        names.map(([value, label]) => h("option", { value, selected: value === theme() }, label)));
    return h("label", { class: "theme" }, icon("theme"), choice);
}

function start(): void {
    startTheme();
    const root = document.getElementById("app");
    if (!root) return;
    let report: Report | null;
    try {
        report = readReport(document.getElementById("chat-index")?.textContent ?? "");
    } catch {
        say("This report is damaged.", "The data in index.html cannot be read. Make the report again with the same command; nothing is analyzed twice.");
        return;
    }
    if (!report) {
        say("This page holds no report.", "It is the empty form that CHAT fills. Run chat analyze on a folder with recordings and open the index.html that it names.");
        return;
    }
    new Frame(report).start(root);
}

start();
