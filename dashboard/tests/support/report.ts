import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallDetail, CallRow, Index, SilenceGroup } from "../../src/generated/dashboard.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Calls as CHAT describes them; tests/fixtures holds one of each kind. */
export function fixtureCalls(): CallDetail[] {
    const folder = join(root, "tests", "fixtures");
    return ["repairs", "mono", "no_words", "failed", "stopped"].map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as CallDetail);
}

/** The row of the index for a call, by the same rules as CHAT's. */
export function rowOf({ detail, call }: CallDetail): CallRow {
    return {
        detail, sid: call.sid, path: call.path, orderId: call.orderId, chain: call.chain, store: call.store, agent: call.agent, startedAt: call.startedAt,
        durationSeconds: call.durationSeconds, channels: call.channels, status: call.status, transcribed: call.quality?.transcribed ?? false, metrics: call.metrics,
        silences: call.silences.map((silence) => ({
            start: silence.start, end: silence.end, kind: silence.kind, category: silence.category, announced: silence.announced, position: silence.position,
            pattern: silence.patterns[0]?.id ?? null, evidence: silence.patterns[0]?.evidence ?? silence.before.at(-1)?.text.split(" ").slice(-6).join(" ") ?? "",
            speakerBefore: silence.speakerBefore, speakerAfter: silence.speakerAfter,
        })),
        keywords: [...new Set(call.keywords.map((keyword) => keyword.rule))], warnings: call.warnings.length, error: call.error, audio: call.audio,
    };
}

function groups(silences: CallRow["silences"], key: (silence: CallRow["silences"][number]) => string, ids: string[]): SilenceGroup[] {
    return ids.map((id) => {
        const those = silences.filter((silence) => key(silence) === id);
        return { id, count: those.length, seconds: those.reduce((sum, silence) => sum + silence.end - silence.start, 0) };
    });
}

export function indexOf(calls: CallRow[], title = "Platinum and Harbor, week 46"): Index {
    const analyzed = calls.filter((call) => call.status === "analyzed");
    const silences = calls.flatMap((call) => call.silences);
    const sum = (pick: (call: CallRow) => number): number => analyzed.reduce((total, call) => total + pick(call), 0);
    return {
        title,
        summary: {
            total: calls.length, processed: analyzed.length, failed: calls.filter((call) => call.status === "failed").length,
            callsWithSilence: analyzed.filter((call) => call.silences.length > 0).length, silences: silences.length,
            callsWithKeyword: [{ rule: "oops", calls: calls.filter((call) => call.keywords.includes("oops")).length }],
            meanSilencesPerCall: analyzed.length > 0 ? silences.length / analyzed.length : null,
            meanDurationSeconds: analyzed.length > 0 ? sum((call) => call.durationSeconds) / analyzed.length : null,
            durationSeconds: sum((call) => call.durationSeconds), silenceSeconds: sum((call) => call.metrics?.silenceSeconds ?? 0),
            deadAirSeconds: sum((call) => call.metrics?.deadAirSeconds ?? 0), talkSeconds: sum((call) => call.metrics?.talkSeconds ?? 0),
            byCategory: groups(silences, (silence) => silence.category, ["short", "medium", "long"]),
            byPattern: groups(silences, (silence) => silence.pattern ?? "unexplained", ["unexplained", "post_question", "checking_information", "customer_confusion"]),
        },
        run: {
            program: "chat", version: "0.1.0", startedAt: "2026-11-16T07:02:11Z", lastUpdate: "2026-11-16T07:02:58Z", elapsedSeconds: 47.2, complete: true,
            settings: { profile: "default", minSilenceSeconds: 1, mediumFromSeconds: 3, longFromSeconds: 8, contextSeconds: 5, longHoldSeconds: 120, beam: 5, language: "en", agentChannel: "auto", audio: "copy" },
            model: "base", detector: "Silero v6", workers: 2, peakMemoryBytes: 612_368_384,
            timings: [{ stage: "audio", seconds: 1.2, calls: calls.length, reused: 0 }, { stage: "transcribe", seconds: 43.1, calls: calls.length, reused: 1 }, { stage: "analyze", seconds: 0.1, calls: calls.length, reused: 0 }],
            notes: [],
        },
        calls,
        patterns: [
            { id: "post_question", name: "after a question", description: "The party before has asked something." },
            { id: "post_greeting", name: "after the greeting", description: "The call has just been answered." },
            { id: "checking_information", name: "checking information", description: "Somebody looks something up." },
            { id: "customer_confusion", name: "customer confused", description: "The customer does not understand." },
        ],
        keywordRules: ["oops"],
    };
}

/** The same figures every time: mulberry32. */
export function random(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

/** Rows of invented calls, for what only many calls show. */
export function inventedCalls(count: number, seed = 1): CallRow[] {
    const next = random(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
    const said = { post_question: "which one would you prefer?", checking_information: "let me check that", customer_confusion: "I'm not sure", post_greeting: "good morning" } as const;
    return Array.from({ length: count }, (_unused, i) => {
        const durationSeconds = Math.round(90 + 400 * next() * next());
        const hour = Math.min(21, Math.max(8, Math.round(8 + 13 * Math.sqrt(next()))));
        const silences: CallRow["silences"] = [];
        for (let at = 4 + 30 * next(); at < durationSeconds - 12; at += 8 + 60 * next()) {
            const length = Math.min(10 + 30 * next(), 1 - Math.log(1 - next()) * (hour === 12 || hour === 18 ? 3 : 2));
            const pattern = pick([null, null, "post_question", "checking_information", "checking_information", "customer_confusion", "post_greeting"] as const);
            const end = Math.min(durationSeconds, at + length);
            silences.push({
                start: Number(at.toFixed(2)), end: Number(end.toFixed(2)), kind: "silence", category: end - at >= 8 ? "long" : end - at >= 3 ? "medium" : "short", announced: pattern === "checking_information" && next() < 0.7,
                position: at < 15 ? "start" : "middle", pattern, evidence: pattern === null ? "" : said[pattern], speakerBefore: pick(["agent", "customer"] as const), speakerAfter: pick(["agent", "customer"] as const),
            });
            at = end;
        }
        const silence = silences.reduce((sum, one) => sum + one.end - one.start, 0);
        const dead = silences.reduce((sum, one) => sum + (one.announced ? 0 : one.end - one.start), 0);
        return {
            detail: `i${i}`, sid: `CA${(seed * 1e9 + i).toString(16).padStart(12, "0")}`, path: `week46/${i}.wav`, orderId: `A-${20000 + i}`, chain: pick(["Northwest", "Coast"]), store: pick(["Platinum Motors", "Harbor Street", "Northgate", "Mill Lane"]),
            agent: pick(["M. Torres", "P. Osei", "L. Novak", "R. Ahmed", "K. Lind"]), startedAt: `2026-11-${String(9 + Math.floor(7 * next())).padStart(2, "0")}T${String(hour).padStart(2, "0")}:${String(Math.floor(60 * next())).padStart(2, "0")}:00`,
            durationSeconds, channels: 2, status: "analyzed", transcribed: true,
            metrics: { talkSeconds: durationSeconds - silence, talkOverSeconds: 2, talkRatio: 0.5, responseMedianSeconds: 0.9, responseP90Seconds: 2.2, responses: 20, silenceSeconds: silence, silenceShare: silence / durationSeconds, longestSilenceSeconds: Math.max(0, ...silences.map((one) => one.end - one.start)), deadAirSeconds: dead, holdSeconds: 0, longHolds: 0, nonTalkSeconds: silence, interruptions: 1, words: 400, lowConfidenceWords: 3 },
            silences, keywords: next() < 0.05 ? ["oops"] : [], warnings: next() < 0.06 ? 1 : 0, error: null, audio: null,
        };
    });
}

const UNSAFE = /[<>&\u2028\u2029]/g;

function escaped(json: string): string {
    return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Writes a report folder exactly as CHAT does (README.md of the dashboard). */
export function writeReport(folder: string, index: Index, details: readonly CallDetail[]): string {
    const page = readFileSync(join(root, "dist", "index.html"), "utf8");
    mkdirSync(join(folder, "calls"), { recursive: true });
    for (const detail of details) writeFileSync(join(folder, "calls", `${detail.detail}.js`), `chatCall(${escaped(JSON.stringify(JSON.stringify(detail)))});\n`);
    const file = join(folder, "index.html");
    writeFileSync(file, page.replace("__CHAT_INDEX__", () => escaped(JSON.stringify(index))));
    return file;
}

/** A sound for each call that names one: noise as long as the call, as Opus with both channels. */
export function writeSounds(folder: string, details: readonly CallDetail[]): void {
    for (const { call } of details) {
        if (call.audio === null) continue;
        const file = join(folder, call.audio);
        mkdirSync(dirname(file), { recursive: true });
        execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", `anoisesrc=d=${call.durationSeconds}:a=0.05:r=16000`, "-ac", String(Math.max(1, call.channels)), "-c:a", "libopus", "-b:a", "12k", file]);
    }
}

export function freshFolder(): string {
    return mkdtempSync(join(tmpdir(), "chat-dashboard-"));
}

export function fixtureFiles(): string[] {
    return readdirSync(join(root, "tests", "fixtures"));
}
