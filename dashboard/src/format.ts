/** Numbers and times as the page writes them. A no-break space stands before every unit. */

const NBSP = "\u00a0";
const grouped = new Intl.NumberFormat("en-US");

export function count(n: number): string {
    return grouped.format(n);
}

/** `1 call`, `12 calls`. */
export function plural(n: number, one: string, many = `${one}s`): string {
    return `${count(n)}${NBSP}${n === 1 ? one : many}`;
}

/** A place in a recording: `m:ss`, `h:mm:ss` from an hour on. */
export function clock(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    const s = String(whole % 60).padStart(2, "0");
    const m = Math.floor(whole / 60) % 60;
    const h = Math.floor(whole / 3600);
    return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** The length of a silence or an answer: one decimal. */
export function secs(seconds: number): string {
    return `${seconds.toFixed(1)}${NBSP}s`;
}

/** A sum of time, in the two largest units that it has. */
export function span(seconds: number): string {
    if (seconds < 59.95) return secs(seconds);
    const whole = Math.round(seconds);
    if (whole < 3600) return `${Math.floor(whole / 60)}${NBSP}min${NBSP}${whole % 60}${NBSP}s`;
    const minutes = Math.round(seconds / 60);
    return `${count(Math.floor(minutes / 60))}${NBSP}h${NBSP}${minutes % 60}${NBSP}min`;
}

export function percent(share: number, decimals = 1): string {
    return `${(share * 100).toFixed(decimals)}${NBSP}%`;
}

/** A setting in seconds without idle zeros: `3 s`, `2.5 s`. */
export function setting(seconds: number): string {
    return `${Number(seconds.toFixed(2))}${NBSP}s`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export interface Moment {
    year: number;
    month: number;
    day: number;
    hour: number;
    minute: number;
}

/** Reads the report's ISO 8601 times as they stand: they are local to the call center, no zone is applied. */
export function moment(iso: string | null): Moment | null {
    const found = iso === null ? null : /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)/.exec(iso);
    if (!found) return null;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
    return month >= 1 && month <= 12 ? { year, month, day, hour, minute } : null;
}

function dayMonth(m: Moment): string {
    return `${m.day}${NBSP}${MONTHS[m.month - 1] ?? ""}`;
}

export function date(iso: string): string {
    const m = moment(`${iso.slice(0, 10)}T00:00`);
    return m ? `${dayMonth(m)}${NBSP}${m.year}` : iso;
}

/** `12 Nov 09:41`; what cannot be read as a time is shown as it is. */
export function when(iso: string | null): string {
    if (iso === null) return "";
    const m = moment(iso);
    return m ? `${dayMonth(m)}${NBSP}${String(m.hour).padStart(2, "0")}:${String(m.minute).padStart(2, "0")}` : iso;
}

/** `9–15 Nov 2026`, `28 Nov – 2 Dec 2026`; empty without a time. */
export function period(isoTimes: Iterable<string | null>): string {
    let first: string | null = null;
    let last: string | null = null;
    for (const iso of isoTimes) {
        if (iso === null || moment(iso) === null) continue;
        if (first === null || iso < first) first = iso;
        if (last === null || iso > last) last = iso;
    }
    const a = moment(first);
    const b = moment(last);
    if (!a || !b) return "";
    if (a.year !== b.year) return `${dayMonth(a)} ${a.year} – ${dayMonth(b)} ${b.year}`;
    if (a.month !== b.month) return `${dayMonth(a)} – ${dayMonth(b)} ${b.year}`;
    return a.day === b.day ? `${dayMonth(b)} ${b.year}` : `${a.day}–${dayMonth(b)} ${b.year}`;
}

/** `2026-11-12T08:41:00Z` as `12 Nov 2026 08:41 UTC`. */
export function utc(iso: string): string {
    return moment(iso) ? `${date(iso)} ${iso.slice(11, 16)} UTC` : iso;
}

/** The last part of a path. */
export function fileName(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1);
}
