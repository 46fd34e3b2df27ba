import type { Call, Silence, Word } from "../generated/dashboard.ts";

export interface Turn {
    readonly kind: "turn";
    readonly party: number;
    readonly start: number;
    readonly end: number;
    readonly words: readonly Word[];
    /** Begins while the other party still speaks. */
    readonly over: boolean;
}

export interface Quiet {
    readonly kind: "silence";
    readonly index: number;
    readonly start: number;
    readonly silence: Silence;
}

export interface OnHold {
    readonly kind: "hold";
    readonly start: number;
    readonly end: number;
    readonly what: "music" | "tone";
}

export type Line = Turn | Quiet | OnHold;

/** A pause of this length ends an utterance when the other party speaks in it. */
const PAUSE_SECONDS = 0.3;

interface Utterance {
    party: number;
    start: number;
    end: number;
    words: Word[];
}

/** One party's words, cut where a silence lies and where another party takes the pause. */
function utterances(call: Call, party: number): Utterance[] {
    const words = call.parties[party]?.words ?? [];
    const others = call.parties.filter((_one, i) => i !== party).flatMap((one) => one.words).sort((a, b) => a.start - b.start);
    const found: Utterance[] = [];
    let current: Utterance | null = null;
    let silence = 0;
    let other = 0;
    for (const word of words) {
        const end: number = current?.end ?? 0;
        let cut = current === null;
        const middle = (word.start + word.end) / 2;
        while (silence < call.silences.length && (call.silences[silence]?.start ?? 0) < middle) {
            if (current !== null && (call.silences[silence]?.end ?? 0) > current.start) cut = true;
            silence++;
        }
        if (word.start - end >= PAUSE_SECONDS) {
            while (other < others.length && (others[other]?.start ?? 0) < end - 0.05) other++;
            if (other < others.length && (others[other]?.start ?? 0) < word.start) cut = true;
        }
        if (current === null || cut) {
            current = { party, start: word.start, end: word.end, words: [word] };
            found.push(current);
        } else {
            current.words.push(word);
            current.end = Math.max(current.end, word.end);
        }
    }
    return found;
}

/** The call as a dialogue: turns by time, with silences and holds as lines of their own between them. */
export function dialogue(call: Call): Line[] {
    const spoken = call.parties.flatMap((_party, i) => utterances(call, i)).sort((a, b) => a.start - b.start || a.party - b.party);
    const breaks: Line[] = [
        ...call.silences.map((silence, index): Quiet => ({ kind: "silence", index, start: silence.start, silence })),
        ...call.holds.map((hold): OnHold => ({ kind: "hold", start: hold.start, end: hold.end, what: hold.kind })),
    ].sort((a, b) => a.start - b.start);
    const lines: Line[] = [];
    let next = 0;
    let last = null as { party: number; words: Word[]; line: number } | null;
    let lastEnd = 0;
    for (const utterance of spoken) {
        const middle = ((utterance.words[0]?.start ?? 0) + (utterance.words[0]?.end ?? 0)) / 2;
        for (let line = breaks[next]; line !== undefined && line.start < middle; line = breaks[++next]) {
            lines.push(line);
            last = null;
        }
        if (last?.party === utterance.party) {
            last.words.push(...utterance.words);
            const before = lines[last.line];
            if (before?.kind === "turn") lines[last.line] = { ...before, end: Math.max(before.end, utterance.end), words: last.words };
        } else {
            last = { party: utterance.party, words: [...utterance.words], line: lines.length };
            lines.push({ kind: "turn", party: utterance.party, start: utterance.start, end: utterance.end, words: last.words, over: utterance.start < lastEnd - 0.2 });
        }
        lastEnd = Math.max(lastEnd, utterance.end);
    }
    return [...lines, ...breaks.slice(next)];
}

/** Each party's name in this call. */
export function partyNames(call: Call): string[] {
    const two = call.parties.length > 1;
    return call.parties.map((party) => {
        if (party.role === "agent") return "Agent";
        if (party.role === "customer") return "Customer";
        return two ? (party.channel === 0 ? "Left" : "Right") : "Speech";
    });
}

/** The class that gives a party its colour: agent, customer, or one of two unknown ones. */
export function partyClass(call: Call, party: number): string {
    const role = call.parties[party]?.role;
    if (role === "agent" || role === "customer") return role;
    return call.parties.length > 1 ? (party === 0 ? "agent" : "customer") : "both";
}
