import type { CallRow, Index, Party, Settings, SilenceRow } from "./generated/dashboard.ts";
import { fileName, setting } from "./format.ts";

export type Category = SilenceRow["category"];
export type Role = Party["role"];

/** The id that stands for silences in which no pattern matched. */
export const UNEXPLAINED = "unexplained";

export const CATEGORIES: readonly Category[] = ["short", "medium", "long"];

/** `3–8 s`, in the limits of this run. */
export function categoryRange(category: Category, settings: Settings): string {
    const { minSilenceSeconds, mediumFromSeconds, longFromSeconds } = settings;
    switch (category) {
        case "short": return `${Number(minSilenceSeconds.toFixed(2))}–${setting(mediumFromSeconds)}`;
        case "medium": return `${Number(mediumFromSeconds.toFixed(2))}–${setting(longFromSeconds)}`;
        case "long": return `${setting(longFromSeconds)} and more`;
    }
}

/** Plain words for a pattern id, as the pattern file names it. */
export function causeName(id: string | null, index: Index): string {
    if (id === null || id === UNEXPLAINED) return UNEXPLAINED;
    return index.patterns.find((pattern) => pattern.id === id)?.name ?? id.replaceAll("_", " ");
}

export function roleName(role: Role): string {
    switch (role) {
        case "agent": return "Agent";
        case "customer": return "Customer";
        case "unknown": return "Unknown";
    }
}

/** What a call is called: its order, else its file. */
export function callName(call: Pick<CallRow, "orderId" | "path" | "sid">): string {
    return call.orderId ?? (call.path === "" ? call.sid : fileName(call.path));
}

/** Long identifiers in short, both ends kept. */
export function shortSid(sid: string): string {
    return sid.length > 20 ? `${sid.slice(0, 8)}…${sid.slice(-4)}` : sid;
}

export function statusWord(status: CallRow["status"]): string {
    switch (status) {
        case "analyzed": return "analyzed";
        case "failed": return "failed";
        case "stopped": return "not reached";
    }
}
