import type { CallRow, SilenceRow } from "./generated/dashboard.ts";
import type { Report, SilenceRef } from "./data.ts";
import { moment } from "./format.ts";
import type { FilterKey, Filters } from "./state.ts";
import { UNEXPLAINED } from "./words.ts";

/** What the filters leave. `calls` follow the filters on calls alone, so that shares and means keep their base. */
export interface Selection {
    readonly calls: readonly CallRow[];
    readonly silences: readonly SilenceRef[];
    /** Whether silences are narrowed down (by category, cause or announcement). */
    readonly silencesChosen: boolean;
}

const searchable = new WeakMap<CallRow, string>();

function searchText(call: CallRow): string {
    let text = searchable.get(call);
    if (text === undefined) {
        text = [call.sid, call.orderId, call.chain, call.store, call.agent, call.path, ...call.keywords].filter((part) => part !== null).join("\n").toLowerCase();
        searchable.set(call, text);
    }
    return text;
}

export function callMatches(call: CallRow, filters: Filters, words: readonly string[]): boolean {
    if (filters.chain !== null && call.chain !== filters.chain) return false;
    if (filters.store !== null && call.store !== filters.store) return false;
    if (filters.agent !== null && call.agent !== filters.agent) return false;
    if (filters.status !== null && call.status !== filters.status) return false;
    if (filters.from !== null && (call.startedAt === null || call.startedAt.slice(0, 10) < filters.from)) return false;
    if (filters.to !== null && (call.startedAt === null || call.startedAt.slice(0, 10) > filters.to)) return false;
    if (filters.hour !== null && moment(call.startedAt)?.hour !== filters.hour) return false;
    return words.length === 0 || words.every((word) => searchText(call).includes(word));
}

export function silenceMatches(silence: SilenceRow, filters: Filters): boolean {
    if (filters.category !== null && silence.category !== filters.category) return false;
    if (filters.cause !== null && (silence.pattern ?? UNEXPLAINED) !== filters.cause) return false;
    return filters.announced === null || silence.announced === filters.announced;
}

export function searchWords(text: string): string[] {
    return text.toLowerCase().split(/\s+/).filter((word) => word !== "");
}

/** `without` leaves one filter out: a chart shows its own dimension whole. */
export function select(report: Report, filters: Filters, text: string, without: FilterKey | null = null): Selection {
    const used = without === null ? filters : { ...filters, [without]: null };
    const words = searchWords(text);
    const calls = report.index.calls.filter((call) => callMatches(call, used, words));
    const allowed = calls.length === report.index.calls.length ? null : new Set(calls);
    const silences = report.silences.filter((ref) => (allowed === null || allowed.has(ref.call)) && silenceMatches(ref.silence, used));
    return { calls, silences, silencesChosen: used.category !== null || used.cause !== null || used.announced !== null };
}
