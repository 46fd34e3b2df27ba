import type { CallRow } from "./generated/dashboard.ts";
import type { Category } from "./words.ts";

export type Page = "overview" | "calls" | "silences" | "call";

/** What is chosen. Everything here stands in the address, so that a view can be sent to a colleague. */
export interface Filters {
    chain: string | null;
    store: string | null;
    agent: string | null;
    status: CallRow["status"] | null;
    from: string | null;
    to: string | null;
    hour: number | null;
    category: Category | null;
    cause: string | null;
    announced: boolean | null;
}

export type FilterKey = keyof Filters;

export interface View {
    page: Page;
    /** The call that is open. */
    detail: string | null;
    /** Where in it to begin, in seconds. */
    at: number | null;
    filters: Filters;
}

export const NO_FILTERS: Readonly<Filters> = {
    chain: null, store: null, agent: null, status: null, from: null, to: null, hour: null, category: null, cause: null, announced: null,
};

function oneOf<T extends string>(text: string | null, allowed: readonly T[]): T | null {
    return allowed.find((value) => value === text) ?? null;
}

function day(text: string | null): string | null {
    return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) ? text : null;
}

/** Reads `#silences?cause=post_question`; whatever does not make sense is left out. */
export function parseFragment(fragment: string): View {
    const [path = "", query = ""] = fragment.replace(/^#/, "").split("?", 2);
    const params = new URLSearchParams(query);
    const [page = "", name = ""] = path.split("/", 2);
    const hour = params.has("hour") ? Number(params.get("hour")) : NaN;
    const at = params.has("at") ? Number(params.get("at")) : NaN;
    const announced = oneOf(params.get("announced"), ["yes", "no"]);
    const isCall = page === "call" && name !== "";
    return {
        page: isCall ? "call" : oneOf(page, ["overview", "calls", "silences"]) ?? "overview",
        detail: isCall ? name : null,
        at: isCall && Number.isFinite(at) && at >= 0 ? at : null,
        filters: {
            chain: params.get("chain"),
            store: params.get("store"),
            agent: params.get("agent"),
            status: oneOf(params.get("status"), ["analyzed", "failed", "stopped"]),
            from: day(params.get("from")),
            to: day(params.get("to")),
            hour: Number.isInteger(hour) && hour >= 0 && hour < 24 ? hour : null,
            category: oneOf(params.get("category"), ["short", "medium", "long"]),
            cause: params.get("cause"),
            announced: announced === null ? null : announced === "yes",
        },
    };
}

/** The address of a view. Free text and phone numbers never stand in it: addresses are logged, sent and kept. */
export function fragment(view: View): string {
    const params = new URLSearchParams();
    for (const [key, value] of Object.entries(view.filters)) {
        if (value === null) continue;
        params.set(key, typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
    }
    if (view.page === "call" && view.at !== null) params.set("at", view.at.toFixed(2));
    const path = view.page === "call" && view.detail !== null ? `call/${view.detail}` : view.page;
    const query = params.toString();
    return `#${path}${query === "" ? "" : `?${query}`}`;
}

export function anyFilter(filters: Filters): boolean {
    return Object.values(filters).some((value) => value !== null);
}
