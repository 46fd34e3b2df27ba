import type { CallRow } from "./generated/dashboard.ts";
import type { SilenceRef } from "./data.ts";

/** Below this many calls nothing is compared and no interval is given. */
export const ENOUGH_CALLS = 30;

export interface Estimate {
    readonly value: number;
    /** Half width of the 95 % interval; null when there are too few calls to give one. */
    readonly margin: number | null;
}

/**
 * A ratio of two sums over calls, with a 95 % interval that takes calls (not silences) as the independent
 * units: linearized variance of a ratio, n/(n-1) * sum((y - r*x)^2) / (sum x)^2 (Cochran, Sampling
 * Techniques, 6.4). Null when the base is zero.
 */
export function ratio(pairs: readonly (readonly [number, number])[]): Estimate | null {
    let top = 0;
    let base = 0;
    for (const [y, x] of pairs) {
        top += y;
        base += x;
    }
    if (base <= 0) return null;
    const value = top / base;
    const n = pairs.length;
    if (n < ENOUGH_CALLS) return { value, margin: null };
    let squares = 0;
    for (const [y, x] of pairs) squares += (y - value * x) ** 2;
    return { value, margin: (1.96 * Math.sqrt((n / (n - 1)) * squares)) / base };
}

/** Seconds and number of silences per call, for calls that were analyzed. */
export function perCall(silences: readonly SilenceRef[]): Map<CallRow, { seconds: number; count: number; dead: number; longest: number; long: number }> {
    const sums = new Map<CallRow, { seconds: number; count: number; dead: number; longest: number; long: number }>();
    for (const ref of silences) {
        let sum = sums.get(ref.call);
        if (sum === undefined) {
            sum = { seconds: 0, count: 0, dead: 0, longest: 0, long: 0 };
            sums.set(ref.call, sum);
        }
        sum.seconds += ref.seconds;
        sum.count += 1;
        if (!ref.silence.announced) sum.dead += ref.seconds;
        if (ref.silence.category === "long") sum.long += 1;
        sum.longest = Math.max(sum.longest, ref.seconds);
    }
    return sums;
}

export interface Bin {
    readonly from: number;
    /** Infinity for the last. */
    readonly to: number;
    readonly count: number;
}

/**
 * Silences by length. Bins are about a second wide and never lie across a category border; the last takes all
 * the rest.
 */
export function lengthBins(lengths: readonly number[], borders: { min: number; medium: number; long: number }): Bin[] {
    const edges: number[] = [];
    const fill = (from: number, to: number): void => {
        const steps = Math.max(1, Math.round(to - from));
        for (let i = 0; i < steps; i++) edges.push(from + ((to - from) * i) / steps);
    };
    fill(borders.min, borders.medium);
    fill(borders.medium, borders.long);
    const reach = Math.max(borders.long + 2, Math.min(borders.long * 2 + 2, Math.ceil(maximum(lengths))));
    fill(borders.long, reach);
    edges.push(reach);
    const counts = new Array<number>(edges.length).fill(0);
    for (const length of lengths) {
        let bin = edges.length - 1;
        while (bin > 0 && length < (edges[bin] ?? 0)) bin--;
        counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts.map((n, i) => ({ from: edges[i] ?? 0, to: edges[i + 1] ?? Infinity, count: n }));
}

function maximum(values: readonly number[]): number {
    let most = 0;
    for (const value of values) most = Math.max(most, value);
    return most;
}
