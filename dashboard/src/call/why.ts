import type { Call, Index, Silence } from "../generated/dashboard.ts";
import { clock, percent, secs, setting } from "../format.ts";
import { categoryRange, causeName } from "../words.ts";

export interface Reason {
    readonly about: string;
    readonly says: string;
}

function soundReason(silence: Silence): string {
    const { speechProbability, levelDbfs } = silence.evidence;
    const sure = speechProbability < 0.15 ? "heard no speech" : speechProbability < 0.35 ? "heard hardly any speech" : "was not sure that nobody speaks";
    return `The speech detector ${sure} on any channel (mean probability ${speechProbability.toFixed(2)}). ${silence.kind === "noise" ? "There is noise, but nobody speaks; its" : "The"} level is ${levelDbfs.toFixed(0).replace("-", "−")}\u00a0dBFS.`;
}

function wordReason(silence: Silence, transcribed: boolean): string {
    const { wordSeconds } = silence.evidence;
    if (!transcribed) return "This call was not transcribed, so there are no words to check against.";
    if (wordSeconds < 0.05) return "The transcription puts no words inside.";
    if (wordSeconds <= 0.5) return `The transcription puts ${secs(wordSeconds)} of words inside, within what its word times are off by.`;
    return `The transcription puts ${secs(wordSeconds)} of words inside: sound and words disagree, so listen before you rely on it.`;
}

function turnReason(silence: Silence): string {
    switch (silence.within) {
        case "unknown": return "Both parties share one channel, so who spoke before and after cannot be told.";
        case "edge": return silence.partyBefore === null ? "Before anybody spoke; it counts from the start of the recording." : "After the last word; it counts to the end of the recording.";
        case "turn": return `Within the turn of ${who(silence.speakerBefore)}, who pauses and goes on.`;
        case "between": return `Between turns: ${who(silence.speakerBefore)} spoke last, ${who(silence.speakerAfter)} speaks next.`;
    }
}

/** Who the words left to speak, and whether it came so; nothing where they do not tell. */
function expectedReason(silence: Silence, call: Call): Reason[] {
    if (silence.partyExpected === null) return [];
    const name = capital(silence.expectedNext === "unknown" ? `the party on the ${call.parties[silence.partyExpected]?.channel === 0 ? "left" : "right"} channel` : `the ${silence.expectedNext}`);
    const came = silence.partyAfter === null ? "but nobody spoke any more" : silence.partyAfter === silence.partyExpected ? "and did" : "but the other party did";
    return [{ about: "Expected", says: `${name} was to speak next by the words before, ${came}.` }];
}

function who(role: Silence["speakerBefore"]): string {
    return role === "unknown" ? "one party" : `the ${role}`;
}

function causeReason(silence: Silence, call: Call, index: Index, transcribed: boolean): string {
    const context = setting(index.run.settings.contextSeconds);
    if (!transcribed) return "Unexplained: without words no cause can be told.";
    const [best, ...others] = silence.patterns;
    if (!best) return `Unexplained: no pattern matches the words in the ${context} before and after.`;
    const before = silence.start - best.at;
    const place = before > 0.05 ? `${secs(before)} before` : `at ${clock(best.at)}`;
    const rest = others.map((other) => `${causeName(other.id, index)} (${percent(other.confidence, 0)}, “${other.evidence}”)`);
    return `${capital(causeName(best.id, index))}, since “${best.evidence}” was said ${place} (confidence ${percent(best.confidence, 0)}).${rest.length > 0 ? ` It also fits ${rest.join(" and ")}.` : ""}${call.parties.length > 1 ? "" : " Who said it cannot be told."}`;
}

function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

const POSITION = { start: "at the start of the call", middle: "in the middle of the call", end: "at the end of the call" } as const;

/** Why a silence is one, and why it got its labels, in sentences. */
export function reasons(silence: Silence, call: Call, index: Index): Reason[] {
    const transcribed = call.quality?.transcribed ?? false;
    return [
        { about: "Length", says: `${capital(silence.category)} (${categoryRange(silence.category, index.run.settings)}), ${POSITION[silence.position]}.` },
        { about: "Cause", says: causeReason(silence, call, index, transcribed) },
        { about: "Announced", says: silence.announced ? "Somebody announced it in the words before, so it is not dead air." : transcribed ? "No: nobody asked for a moment before it, so it counts as dead air." : "Not known without words; it counts as dead air." },
        { about: "Turn", says: turnReason(silence) },
        ...expectedReason(silence, call),
        { about: "Sound", says: soundReason(silence) },
        { about: "Words", says: wordReason(silence, transcribed) },
    ];
}
