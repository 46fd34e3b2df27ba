import { type Child, data, h } from "../dom.ts";
import { clock, count, percent, plural, secs, span } from "../format.ts";
import type { Call, CallDetail, Problem } from "../generated/dashboard.ts";
import { partyNames } from "./dialogue.ts";

/** The call's figures, with what they are counted from. */
export function metricStrip(call: Call): HTMLElement | null {
    const { metrics } = call;
    if (!metrics) return null;
    const cell = (value: Child, label: Child): HTMLElement => h("div", { class: "metric" }, h("dt", {}, label), h("dd", {}, value));
    const names = partyNames(call);
    const longest = call.silences.reduce<Call["silences"][number] | null>((most, one) => most === null || one.end - one.start > most.end - most.start ? one : most, null);
    const two = call.parties.length > 1;
    const ratio = two ? metrics.talkRatio : null;
    // The figure is the first party's share; the agent stands first here, whatever the channel.
    const sides = names.map((name, i) => ({ name: name.toLowerCase(), share: i === 0 ? ratio ?? 0 : 1 - (ratio ?? 0) })).sort((a, b) => Number(b.name === "agent") - Number(a.name === "agent"));
    return h("dl", { class: "metrics" },
        cell(count(call.silences.length), `${call.silences.length === 1 ? "silence" : "silences"}, ${percent(metrics.silenceShare)} of the call`),
        cell(longest ? secs(longest.end - longest.start) : "–", longest ? `longest, at ${clock(longest.start)}` : "no silence"),
        cell(span(metrics.deadAirSeconds), "dead air, which nobody announced"),
        metrics.holdSeconds > 0 ? cell(span(metrics.holdSeconds), `on hold, ${plural(call.holds.length, "hold")} with music or tones`) : null,
        cell(ratio === null ? span(metrics.talkSeconds) : talkRatio(sides[0]?.share ?? 0), ratio === null ? "talk time of both parties" : `talk, ${sides.map((side) => side.name).join(" : ")}`),
        cell(metrics.responseMedianSeconds === null ? "–" : secs(metrics.responseMedianSeconds),
            metrics.responseMedianSeconds === null ? "response time: cannot be told from one channel" : `median response${metrics.responseP90Seconds === null ? "" : `, p90 ${secs(metrics.responseP90Seconds)}`} (n ${count(metrics.responses)})`));
}

/** "50 : 50": two whole numbers that add up to 100. */
function talkRatio(share: number): string {
    const first = Math.round(share * 100);
    return `${first} : ${100 - first}`;
}

function problem(one: Problem, hear: (seconds: number) => void): HTMLElement {
    return h("li", { class: `problem ${one.severity}` },
        h("p", {}, data(one.text), one.start === undefined ? null : [" ", h("button", { type: "button", class: "link", onclick: () => { hear(one.start ?? 0); } }, one.end === undefined ? `at ${clock(one.start)}` : `${clock(one.start)}–${clock(one.end)}`)]),
        h("p", { class: "way-out" }, data(one.wayOut), " ", h("code", {}, one.code)));
}

/** "Spanish" for "es". */
function languageName(code: string): string {
    // What is no code of a language would be an error.
    return /^[a-z]{2,3}$/.test(code) ? new Intl.DisplayNames(["en"], { type: "language", fallback: "code" }).of(code) ?? code : code;
}

/** In words, by the share of wrong words to expect. */
function hardness(difficulty: number): string {
    return difficulty < 0.06 ? "Easy" : difficulty < 0.15 ? "Fair" : "Hard";
}

/** How good the recording is, what was wrong with it, and where the parties' names come from. */
export function qualityCard(detail: CallDetail, hear: (seconds: number) => void): HTMLElement {
    const { call } = detail;
    const { quality, metrics } = call;
    const names = partyNames(call);
    const sentences: Child[] = [];
    if (quality) {
        const channels = quality.duplicatedChannels ? "two channels with the same sound" : call.channels === 1 ? "one channel with both parties" : call.channels === 2 ? "two channels, one for each party" : plural(call.channels, "channel");
        sentences.push(h("p", {}, data(quality.codec === quality.container ? quality.codec : `${quality.codec} in ${quality.container}`), `, ${Number((quality.sampleRateHz / 1000).toFixed(2))}\u00a0kHz, ${channels}.`));
        sentences.push(h("p", {}, quality.channels.map((channel, i) => {
            const party = call.parties.findIndex((one) => one.channel === i);
            const name = quality.channels.length === 1 ? "" : `${names[party] ?? `Channel ${i + 1}`}: `;
            const clipped = channel.clippedShare > 0.0001 ? `${percent(channel.clippedShare, 2)} clipped` : "no clipping";
            return `${i > 0 ? " " : ""}${name}${channel.snrDb.toFixed(0)}\u00a0dB signal to noise, ${channel.loudnessLufs.toFixed(0).replace("-", "−")}\u00a0LUFS, ${clipped}.`;
        })));
        if (quality.difficulty !== null) sentences.push(h("p", {}, `${hardness(quality.difficulty)} to transcribe: a line like this makes the base model get about ${percent(quality.difficulty, 0)} of the words wrong (difficulty ${quality.difficulty.toFixed(2)}).`));
        if (quality.language !== null && quality.language !== "en") sentences.push(h("p", {}, "Transcribed as ", data(languageName(quality.language)), "."));
    }
    if (call.parties.length > 1) {
        const known = call.parties.find((party) => party.role === "agent");
        sentences.push(h("p", {}, known
            ? ["Who is who: ", data(`“${known.roleEvidence}”`), ` on the ${known.channel === 0 ? "left" : "right"} channel makes it the agent (confidence ${percent(known.roleConfidence, 0)}).`]
            : "The words do not tell clearly enough which party is the agent and which the customer; the parties are named by their channel. --agent-channel left or right settles it."));
    } else if (call.status === "analyzed") {
        sentences.push(h("p", {}, "Both parties share one line, so talk ratio, talk-over, response times and who fell silent cannot be told. Dual-channel recording would tell them."));
    }
    if (metrics && metrics.lowConfidenceWords > 0) sentences.push(h("p", {}, `${plural(metrics.lowConfidenceWords, "word")} of ${count(metrics.words)} ${metrics.lowConfidenceWords === 1 ? "is" : "are"} unsure and dotted in the transcript.`));
    if (metrics?.talkOverSeconds) sentences.push(h("p", {}, `Both speak at once for ${span(metrics.talkOverSeconds)}.`));
    if (call.keywords.length > 0) {
        sentences.push(h("p", {}, "Keywords: ", call.keywords.map((keyword, i) => [i > 0 ? ", " : "", data(`“${keyword.text}”`), ` (${names[keyword.party] ?? ""}) `,
            h("button", { type: "button", class: "link", onclick: () => { hear(keyword.time); } }, `at ${clock(keyword.time)}`)]), "."));
    }
    return h("section", { class: "card" }, h("header", {}, h("h2", {}, call.warnings.length > 0 ? `Recording and ${plural(call.warnings.length, "warning")}` : "Recording")),
        call.warnings.length > 0 ? h("ul", { class: "problems" }, call.warnings.map((one) => problem(one, hear))) : null,
        h("div", { class: "prose" }, sentences));
}
