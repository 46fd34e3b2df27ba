import { expect, test } from "@playwright/test";
import { dialogue } from "../src/call/dialogue.ts";
import { clock, count, moment, percent, period, secs, span, when } from "../src/format.ts";
import { anyFilter, fragment, NO_FILTERS, parseFragment } from "../src/state.ts";
import { lengthBins, ratio } from "../src/stats.ts";
import { fixtureCalls, random } from "./support/report.ts";

test("times and numbers are written as the style says", () => {
    expect([clock(0), clock(83.9), clock(599.99), clock(3600), clock(36_061)]).toEqual(["0:00", "1:23", "9:59", "1:00:00", "10:01:01"]);
    expect([secs(7.44), span(59.94), span(59.96), span(3599), span(22_320)]).toEqual(["7.4\u00a0s", "59.9\u00a0s", "1\u00a0min\u00a00\u00a0s", "59\u00a0min\u00a059\u00a0s", "6\u00a0h\u00a012\u00a0min"]);
    expect([percent(0.1423), percent(1, 0), count(1284)]).toEqual(["14.2\u00a0%", "100\u00a0%", "1,284"]);
});

test("a call's time is shown as it stands, whatever the zone of the reader", () => {
    expect(when("2026-11-12T09:41:00")).toBe("12\u00a0Nov\u00a009:41");
    expect(when("2026-11-12T09:41:00+05:00")).toBe("12\u00a0Nov\u00a009:41");
    expect([when("yesterday"), when(null), moment("2026-13-01T00:00")]).toEqual(["yesterday", "", null]);
    expect(period(["2026-11-15T10:00", null, "2026-11-09T10:00"])).toBe("9–15\u00a0Nov 2026");
    expect(period(["2026-12-02T10:00", "2026-11-28T10:00"])).toBe("28\u00a0Nov – 2\u00a0Dec 2026");
    expect(period([null])).toBe("");
});

test("an address holds a view and gives it back; nonsense is left out", () => {
    const view = { page: "silences" as const, detail: null, at: null, filters: { ...NO_FILTERS, store: "Müller & Söhne #2 ?=%", cause: "post_question", announced: false, hour: 0, from: "2026-11-09" } };
    expect(parseFragment(fragment(view))).toEqual(view);
    const call = { page: "call" as const, detail: "c7f3", at: 83.25, filters: { ...NO_FILTERS } };
    expect(parseFragment(fragment(call))).toEqual(call);
    const bad = parseFragment("#nowhere?category=huge&hour=25&announced=maybe&from=1.1.2026&phone=5550142&q=secret");
    expect(bad.page).toBe("overview");
    expect(anyFilter(bad.filters)).toBe(false);
    expect(fragment(bad)).toBe("#overview");
});

test("a ratio's interval covers the truth about 95 times in 100", () => {
    const next = random(11);
    let covered = 0;
    for (let trial = 0; trial < 600; trial++) {
        const pairs = Array.from({ length: 80 }, (): [number, number] => {
            const base = 60 + 300 * next();
            return [base * 0.1 * (0.5 + next()), base];
        });
        const estimate = ratio(pairs);
        if (Math.abs((estimate?.value ?? 0) - 0.1) <= (estimate?.margin ?? 0)) covered++;
    }
    expect(covered / 600).toBeGreaterThan(0.92);
    expect(covered / 600).toBeLessThan(0.98);
    expect(ratio([[1, 10], [2, 10]])).toEqual({ value: 0.15, margin: null });
    expect(ratio([])).toBeNull();
});

test("no bin lies across a category border, and every silence is in one", () => {
    for (const borders of [{ min: 1, medium: 3, long: 8 }, { min: 0.5, medium: 2.2, long: 5 }, { min: 3, medium: 5, long: 10 }]) {
        const lengths = Array.from({ length: 500 }, (_unused, i) => borders.min + (i * i) / 6000);
        const bins = lengthBins(lengths, borders);
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(lengths.length);
        for (const border of [borders.medium, borders.long]) expect(bins.some((bin) => bin.from < border - 1e-9 && bin.to > border + 1e-9)).toBe(false);
        for (const bin of bins) expect(lengths.filter((length) => length >= bin.from && length < bin.to).length).toBe(bin.count);
    }
});

test("a dialogue keeps every word once, in its party's order, and cuts turns at silences", () => {
    for (const { call } of fixtureCalls()) {
        const lines = dialogue(call);
        call.parties.forEach((party, i) => {
            expect(lines.flatMap((line) => line.kind === "turn" && line.party === i ? line.words : [])).toEqual(party.words);
        });
        expect(lines.filter((line) => line.kind === "silence")).toHaveLength(call.silences.length);
        for (const line of lines) {
            if (line.kind !== "turn") continue;
            const across = call.silences.filter((silence) => silence.start > line.start + 0.3 && silence.end < line.end - 0.3 && line.words.some((word) => word.end <= silence.start) && line.words.some((word) => word.start >= silence.end));
            expect(across).toEqual([]);
        }
    }
});
