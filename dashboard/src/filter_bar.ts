import type { App } from "./app.ts";
import { data, h, icon, replace } from "./dom.ts";
import { date } from "./format.ts";
import { anyFilter, type FilterKey, type Filters } from "./state.ts";
import { CATEGORIES, categoryRange, causeName, statusWord, UNEXPLAINED } from "./words.ts";

/** A filter in words, for its chip. */
function chipText(app: App, key: FilterKey, filters: Filters): string | null {
    const { index } = app.report;
    switch (key) {
        case "chain": return filters.chain === null ? null : `Chain: ${filters.chain}`;
        case "store": return filters.store === null ? null : `Store: ${filters.store}`;
        case "agent": return filters.agent === null ? null : `Agent: ${filters.agent}`;
        case "status": return filters.status === null ? null : `Outcome: ${statusWord(filters.status)}`;
        case "from": return filters.from === null ? null : `From ${date(filters.from)}`;
        case "to": return filters.to === null ? null : `Until ${date(filters.to)}`;
        case "hour": return filters.hour === null ? null : `${filters.hour}:00–${filters.hour}:59`;
        case "category": return filters.category === null ? null : `${filters.category}, ${categoryRange(filters.category, index.run.settings)}`;
        case "cause": return filters.cause === null ? null : `Cause: ${causeName(filters.cause, index)}`;
        case "announced": return filters.announced === null ? null : filters.announced ? "Announced" : "Dead air";
    }
}

/** Chips for what is chosen, a panel to choose, and the search over the calls' attributes. */
export function filterBar(app: App, search: (text: string) => void, clear: () => void): { element: HTMLElement; update: () => void } {
    const chips = h("ul", { class: "chips" });
    const panel = h("div", { class: "popup filters" });
    const menu = h("details", { class: "menu" }, h("summary", { class: "button" }, icon("filter"), "Filter"), panel);
    const box = h("input", {
        type: "search", placeholder: "Order, SID, agent, store, file", "aria-label": "Search calls by order, SID, chain, agent, store, file name or keyword rule (not by what was said)",
        title: "Searches the calls' attributes, not what was said", autocomplete: "off", spellcheck: "false", oninput: () => { search(box.value); },
    });
    const element = h("div", { class: "filter-bar" }, menu, chips, h("label", { class: "search" }, icon("search"), box));
    document.addEventListener("click", (event) => { if (menu.open && event.target instanceof Node && !menu.contains(event.target) && event.target.isConnected) menu.open = false; });
    menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !menu.open) return;
        menu.open = false;
        menu.querySelector("summary")?.focus();
    });

    const values = (of: "chain" | "store" | "agent"): string[] => [...new Set(app.report.index.calls.map((call) => call[of]).filter((value) => value !== null))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const choice = (label: string, now: string | null, options: readonly (readonly [string, string])[], chosen: (value: string | null) => void): HTMLElement | null => {
        if (options.length === 0) return null;
        // The value is the option's place: a name may be anything, the empty text too.
        const select = h("select", { onchange: () => { chosen(select.value === "" ? null : options[Number(select.value)]?.[0] ?? null); } },
            h("option", { value: "" }, "any"), options.map(([value, text], i) => h("option", { value: i, selected: value === now }, text)));
        return h("label", {}, h("span", {}, label), select);
    };
    const named = (of: "chain" | "store" | "agent", label: string): HTMLElement | null => choice(label, app.view.filters[of], values(of).map((value) => [value, value] as const), (value) => { app.setFilter(of, value); });
    const day = (of: "from" | "to", label: string): HTMLElement => {
        const input = h("input", { type: "date", value: app.view.filters[of], onchange: () => { app.setFilter(of, input.value === "" ? null : input.value); } });
        return h("label", {}, h("span", {}, label), input);
    };
    const fill = (): void => {
        const { filters } = app.view;
        const causes = [...new Set(app.report.silences.map((ref) => ref.silence.pattern ?? UNEXPLAINED))];
        replace(panel,
            named("chain", "Chain"), named("store", "Store"), named("agent", "Agent"),
            app.report.index.calls.some((call) => call.startedAt !== null) ? [day("from", "From"), day("to", "Until")] : null,
            choice("Category", filters.category, CATEGORIES.map((category) => [category, `${category}, ${categoryRange(category, app.report.index.run.settings)}`] as const), (value) => { app.setFilter("category", CATEGORIES.find((one) => one === value) ?? null); }),
            choice("Cause", filters.cause, causes.map((id) => [id, causeName(id, app.report.index)] as const), (value) => { app.setFilter("cause", value); }),
            choice("Announced", filters.announced === null ? null : String(filters.announced), [["false", "no: dead air"], ["true", "yes"]], (value) => { app.setFilter("announced", value === null ? null : value === "true"); }),
            choice("Outcome", filters.status, (["analyzed", "failed", "stopped"] as const).filter((status) => app.report.index.calls.some((call) => call.status === status)).map((status) => [status, statusWord(status)] as const),
                (value) => { app.setFilter("status", (["analyzed", "failed", "stopped"] as const).find((one) => one === value) ?? null); }));
    };
    menu.addEventListener("toggle", () => { if (menu.open) fill(); });

    return {
        element,
        update(): void {
            const { filters } = app.view;
            const keys = Object.keys(filters) as FilterKey[];
            replace(chips,
                keys.map((key) => {
                    const text = chipText(app, key, filters);
                    return text === null ? null : h("li", {}, h("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${text}`, onclick: () => { app.setFilter(key, null); } }, data(text), icon("close")));
                }),
                anyFilter(filters) || app.text !== "" ? h("li", {}, h("button", { type: "button", class: "link", onclick: clear }, "Clear all")) : null);
            if (box.value !== app.text) box.value = app.text;
        },
    };
}
