import type { CallDetail, CallRow, Index, SilenceRow } from "./generated/dashboard.ts";

declare global {
    interface Window {
        /** Called by calls/<detail>.js with the call as JSON text. */
        chatCall?: (json: string) => void;
    }
}

/** One silence with the call that it belongs to. */
export interface SilenceRef {
    readonly id: number;
    readonly call: CallRow;
    readonly silence: SilenceRow;
    readonly seconds: number;
}

export interface Report {
    readonly index: Index;
    readonly silences: readonly SilenceRef[];
    readonly byDetail: ReadonlyMap<string, CallRow>;
}

/** Reads what CHAT put into the page; null when nothing was put there. */
export function readReport(text: string): Report | null {
    if (text.trim() === "" || text.trim().startsWith("__")) return null;
    const index = JSON.parse(text) as Index;
    const silences: SilenceRef[] = [];
    const byDetail = new Map<string, CallRow>();
    for (const call of index.calls) {
        byDetail.set(call.detail, call);
        for (const silence of call.silences) silences.push({ id: silences.length, call, silence, seconds: silence.end - silence.start });
    }
    return { index, silences, byDetail };
}

const KEPT = 12;
const loaded = new Map<string, CallDetail>();
const waiting = new Map<string, (detail: CallDetail) => void>();

window.chatCall = (json: string): void => {
    const detail = JSON.parse(json) as CallDetail;
    waiting.get(detail.detail)?.(detail);
};

/** Loads one call from calls/. A script element is the only way that works from a folder on disk. */
export function loadDetail(name: string): Promise<CallDetail> {
    const known = loaded.get(name);
    if (known) return Promise.resolve(known);
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return Promise.reject(new Error("The report names a data file that cannot exist."));
    return new Promise((resolve, reject) => {
        let arrived: CallDetail | null = null;
        waiting.set(name, (detail) => { arrived = detail; });
        const script = document.createElement("script");
        const finish = (failure: string | null): void => {
            waiting.delete(name);
            script.remove();
            if (arrived === null) {
                reject(new Error(failure ?? `The file calls/${name}.js does not hold this call.`));
                return;
            }
            loaded.set(name, arrived);
            const oldest = loaded.keys().next().value;
            if (loaded.size > KEPT && oldest !== undefined) loaded.delete(oldest);
            resolve(arrived);
        };
        script.onload = () => { finish(null); };
        script.onerror = () => { finish(`The file calls/${name}.js cannot be read.`); };
        script.src = `calls/${name}.js`;
        document.head.append(script);
    });
}

/** The address of a call's sound beside the report; null for what would lead anywhere else. */
export function audioAddress(path: string | null): string | null {
    if (path === null || path === "" || path.startsWith("/") || path.includes("\\") || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return null;
    return path.split("/").map(encodeURIComponent).join("/");
}
