import type { App, PageView } from "../app.ts";
import { metricStrip, qualityCard } from "../call/facts.ts";
import { partyNames } from "../call/dialogue.ts";
import { type Transcript, transcript } from "../call/transcript.ts";
import { legend, type Waveform, waveform } from "../call/waveform.ts";
import { reasons } from "../call/why.ts";
import { loadDetail } from "../data.ts";
import { type Child, data, h, icon, replace } from "../dom.ts";
import { clock, secs, when } from "../format.ts";
import type { CallDetail, CallRow } from "../generated/dashboard.ts";
import { AROUND_SECONDS, Sound } from "../sound.ts";
import { callName, categoryRange, shortSid } from "../words.ts";

const NARROW = window.matchMedia("(max-width: 899px)");
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** One call that is open: everything on the screen that hangs on its sound. */
class OpenCall {
    readonly element = h("div", { class: "call-view" });
    private readonly sound = new Sound();
    private readonly wave: Waveform;
    private readonly transcript: Transcript;
    private readonly why = h("section", { class: "card why", "aria-live": "polite" });
    private readonly whyPlace = h("div");
    private readonly playButton = h("button", { type: "button", class: "primary", onclick: () => { this.sound.toggle(); } });
    private readonly clock = h("span", { class: "clock number" });
    private readonly problem = h("p", { class: "notice warn", role: "status", hidden: true });
    private chosen: number | null = null;

    constructor(private readonly app: App, private readonly detail: CallDetail) {
        const { call } = detail;
        const { settings } = app.report.index.run;
        this.wave = waveform(detail, this.sound, (seconds) => { this.clickedAt(seconds); });
        this.transcript = transcript(detail, app.report.index, {
            hear: (seconds) => { this.sound.play(seconds); },
            around: (silence) => { this.around(silence); },
        });
        const speed = h("select", { "aria-label": "Speed", onchange: () => { this.sound.media.playbackRate = Number(speed.value); } },
            SPEEDS.map((one) => h("option", { value: one, selected: one === 1 }, `${one}×`)));
        const step = (label: string, key: string, by: 1 | -1): HTMLElement => h("button", { type: "button", class: "button", disabled: call.silences.length === 0, "aria-label": `${label} silence`, onclick: () => { this.step(by); } },
            by < 0 ? icon("back") : null, h("span", {}, h("span", { class: "wide-only" }, `${label} `), "silence"), by > 0 ? icon("next") : null, h("kbd", {}, key));
        this.element.append(
            h("div", { class: "call-wave card" },
                h("header", {}, h("h2", {}, "Where the call goes quiet"), legend((category) => categoryRange(category, settings), call.holds.length > 0)),
                this.wave.element,
                h("div", { class: "transport" }, this.playButton, this.clock, step("Previous", "p", -1), step("Next", "n", 1), h("label", { class: "push" }, h("span", { class: "sr" }, "Speed"), speed)),
                this.problem),
            this.transcript.element,
            h("div", { class: "call-side" }, metricStrip(call), this.whyPlace, qualityCard(detail, (seconds) => { this.sound.play(seconds); }), factCard(call)));
        this.whyPlace.append(this.why);
        this.sound.onChange(() => { this.draw(); });
        this.sound.load(call.audio);
        this.explain();
    }

    /** After the element came into the page. */
    start(at: number | null): void {
        this.wave.start();
        const { silences } = this.detail.call;
        const wanted = at === null ? -1 : silences.findIndex((silence) => Math.abs(silence.start - at) < 0.02);
        if (wanted >= 0) this.choose(wanted, true);
        else if (at !== null) this.sound.seek(at);
        this.draw();
    }

    key(event: KeyboardEvent): void {
        if (event.key === "n") this.step(1);
        else if (event.key === "p") this.step(-1);
        else if (event.key === " ") this.sound.toggle();
        else if (event.key === "ArrowLeft") this.sound.seek(this.sound.time - 5);
        else if (event.key === "ArrowRight") this.sound.seek(Math.min(this.detail.call.durationSeconds, this.sound.time + 5));
        else return;
        event.preventDefault();
    }

    close(): void {
        this.wave.destroy();
        this.sound.load(null);
    }

    private draw(): void {
        const { playing, time, problem } = this.sound;
        if (this.playButton.dataset.on !== String(playing)) {
            this.playButton.dataset.on = String(playing);
            replace(this.playButton, icon(playing ? "pause" : "play"));
            this.playButton.setAttribute("aria-label", playing ? "Pause" : "Play");
        }
        this.playButton.disabled = problem !== "";
        const text = `${clock(time)} / ${clock(this.detail.call.durationSeconds)}`;
        if (this.clock.textContent !== text) this.clock.textContent = text;
        this.transcript.follow(time, playing);
        // Without sound nothing moves the cursor by itself.
        if (problem !== "") this.wave.place(time);
        if (this.problem.textContent !== problem) this.problem.textContent = problem;
        this.problem.hidden = problem === "";
    }

    private clickedAt(seconds: number): void {
        const inside = this.detail.call.silences.findIndex((silence) => seconds >= silence.start && seconds <= silence.end);
        if (inside >= 0) this.choose(inside, false);
        this.sound.seek(seconds);
    }

    /** Marks a silence everywhere and moves the sound to just before it. */
    private choose(index: number, move: boolean): void {
        const silence = this.detail.call.silences[index];
        if (!silence) return;
        this.chosen = index;
        this.wave.choose(index);
        const row = this.transcript.choose(index, move);
        // On a telephone the evidence stands under its row: beside it there is no room.
        if (NARROW.matches && row) row.after(this.why);
        else if (this.why.parentElement !== this.whyPlace) this.whyPlace.append(this.why);
        if (move) {
            const { playing } = this.sound;
            this.sound.seek(silence.start);
            if (playing) this.sound.play();
        }
        this.explain();
    }

    private around(index: number): void {
        const silence = this.detail.call.silences[index];
        if (!silence) return;
        this.choose(index, false);
        this.sound.play(silence.start - AROUND_SECONDS, silence.end + AROUND_SECONDS);
    }

    private step(by: 1 | -1): void {
        const { silences } = this.detail.call;
        const now = this.sound.time;
        let next = this.chosen === null ? -1 : this.chosen + by;
        if (this.chosen === null) next = by > 0 ? silences.findIndex((silence) => silence.start >= now) : silences.findLastIndex((silence) => silence.start < now);
        if (silences.length > 0) this.choose(Math.min(silences.length - 1, Math.max(0, next)), true);
    }

    private explain(): void {
        const { call } = this.detail;
        const silence = this.chosen === null ? undefined : call.silences[this.chosen];
        if (!silence || this.chosen === null) {
            replace(this.why, h("header", {}, h("h2", {}, "Why a silence has its label")),
                h("p", { class: "muted" }, call.silences.length === 0 ? "This call holds no silence of the least length." : ["Choose a silence in the list or in the picture, or press ", h("kbd", {}, "n"), ": its evidence is shown here."]));
            return;
        }
        const index = this.chosen;
        const names = partyNames(call);
        const context = (side: CallDetail["call"]["silences"][number]["before"]): Child => side.map((part) => h("span", {}, data(part.text), call.parties.length > 1 ? h("span", { class: "muted" }, ` (${(names[part.party] ?? "").toLowerCase()}) `) : " "));
        replace(this.why,
            h("header", {}, h("div", {}, h("h2", {}, `Why this silence has its label`),
                h("p", { class: "sub" }, `${secs(silence.end - silence.start)}, ${clock(silence.start)}–${clock(silence.end)} · silence ${index + 1} of ${call.silences.length}`)),
                h("button", { type: "button", class: "button", disabled: call.audio === null, onclick: () => { this.around(index); } }, icon("play"), "5 s around")),
            h("dl", { class: "facts reasons" }, reasons(silence, call, this.app.report.index).map((reason) => [h("dt", {}, reason.about), h("dd", {}, data(reason.says))])),
            silence.before.length + silence.after.length === 0 ? null : h("div", { class: "context" },
                h("p", {}, h("span", { class: "label" }, "Before"), silence.before.length > 0 ? context(silence.before) : h("span", { class: "muted" }, "no words")),
                h("p", {}, h("span", { class: "label" }, "After"), silence.after.length > 0 ? context(silence.after) : h("span", { class: "muted" }, "no words"))));
    }
}

function factCard(call: CallDetail["call"]): HTMLElement {
    const rows: [string, Child][] = [];
    const add = (name: string, value: string | null): void => { if (value !== null && value !== "") rows.push([name, data(value)]); };
    add("Call SID", call.sid);
    add("File", call.path);
    for (const path of call.otherPaths) add("Same sound as", path);
    add("Customer phone", call.phone);
    return h("section", { class: "card" }, h("header", {}, h("h2", {}, "The call")), h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

/** The call view: dialogue, sound and evidence in step. */
export function callPage(app: App): PageView {
    const element = h("div", { class: "page call-page" });
    let open: { name: string; call: OpenCall } | null = null;
    let asked = "";

    const head = (call: CallRow): HTMLElement => {
        const { previous, next, place, of } = app.around(call);
        const link = (to: CallRow | null, label: string, name: "back" | "next"): HTMLElement => h("button", { type: "button", class: "button", disabled: to === null, onclick: () => { if (to) app.open(to); } }, name === "back" ? icon(name) : null, label, name === "next" ? icon(name) : null);
        const facts = [call.agent, call.store, call.chain, when(call.startedAt), call.durationSeconds > 0 ? clock(call.durationSeconds) : null,
            call.channels === 1 ? "mono" : call.channels === 2 ? "dual channel" : null].filter((part): part is string => part !== null && part !== "");
        return h("div", { class: "call-head" },
            h("button", { type: "button", class: "link back", onclick: () => { app.go("calls"); } }, icon("back"), "All calls"),
            h("div", { class: "title" }, h("h1", {}, call.orderId === null ? data(callName(call)) : ["Order ", data(call.orderId)]),
                h("p", { class: "sub" }, facts.map((fact, i) => [i > 0 ? " · " : "", data(fact)]), " · ", h("span", { title: call.sid }, "SID ", data(shortSid(call.sid))))),
            h("div", { class: "around" }, link(previous, "Previous call", "back"), h("span", { class: "muted number" }, `${place} of ${of}`), link(next, "Next call", "next")));
    };

    const closeOpen = (): void => {
        open?.call.close();
        open = null;
    };

    const say = (call: CallRow | null, title: string, ...sentences: Child[]): void => {
        closeOpen();
        replace(element, call ? head(call) : null, h("section", { class: "card empty" }, h("h2", {}, title), sentences.map((sentence) => h("p", {}, sentence))));
    };

    return {
        element,
        update(): void {
            const name = app.view.detail ?? "";
            if (open?.name === name) return;
            const call = app.report.byDetail.get(name) ?? null;
            asked = name;
            if (!call) {
                say(null, "This call is not in the report.", ["The address names a call that this report does not hold. ", h("button", { type: "button", class: "link", onclick: () => { app.go("calls"); } }, "See all calls")]);
                return;
            }
            if (call.status === "stopped") {
                say(call, "This call was not analyzed yet.", "The run ended before its turn. Run the same command again: it goes on where it stopped.");
                return;
            }
            if (call.status === "failed") {
                say(call, "This call could not be analyzed.", data(call.error?.text ?? "The report does not say why."), call.error ? [h("strong", {}, "What to do: "), data(call.error.wayOut), " ", h("code", {}, call.error.code)] : null, [h("span", { class: "muted" }, "File: "), data(call.path)]);
                return;
            }
            say(call, "Loading the call…");
            loadDetail(name).then((detail) => {
                if (asked !== name) return;
                closeOpen();
                const shown = new OpenCall(app, detail);
                open = { name, call: shown };
                replace(element, head(call), shown.element);
                shown.start(app.view.at);
            }, (failure: unknown) => {
                if (asked !== name) return;
                say(call, "The call cannot be shown.", failure instanceof Error ? failure.message : "Its data cannot be read.",
                    "index.html needs the folder calls/ beside it: move or copy the whole report folder. If the folder is there, make the report again with the same command; nothing is analyzed twice.");
            });
        },
        leave(): void {
            asked = "";
            closeOpen();
        },
        key: (event) => { open?.call.key(event); },
    };
}

