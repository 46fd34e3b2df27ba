import type { Report } from "./data.ts";
import type { Selection } from "./filters.ts";
import type { CallRow } from "./generated/dashboard.ts";
import type { FilterKey, Filters, Page, View } from "./state.ts";

/** What the pages may ask of the frame around them. */
export interface App {
    readonly report: Report;
    readonly view: View;
    /** The search words; they live here and never in the address. */
    readonly text: string;
    selection(without?: FilterKey | null): Selection;
    setFilter<K extends FilterKey>(key: K, value: Filters[K]): void;
    go(page: Page): void;
    open(call: CallRow, at?: number | null): void;
    /** The calls that previous and next walk through, in the order last seen. */
    setOrder(calls: readonly CallRow[]): void;
    /** Calls before and after this one. */
    around(call: CallRow): { previous: CallRow | null; next: CallRow | null; place: number; of: number };
}

/** One tab's content: made once, filled at every change of view. */
export interface PageView {
    readonly element: HTMLElement;
    update(): void;
    leave?(): void;
    key?(event: KeyboardEvent): void;
}
