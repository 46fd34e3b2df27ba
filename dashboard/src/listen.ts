import { h, icon, replace } from "./dom.ts";
import type { SilenceRef } from "./data.ts";
import { secs } from "./format.ts";
import { AROUND_SECONDS, Sound } from "./sound.ts";
import { callName } from "./words.ts";

/** Plays silences in place, in the lists: one at a time, five seconds around each. */
const sound = new Sound();
let current: number | null = null;
const buttons = new Map<number, Set<WeakRef<HTMLButtonElement>>>();

function draw(button: HTMLButtonElement, id: number): void {
    const on = current === id && sound.playing;
    if (button.getAttribute("aria-pressed") === String(on) && button.firstChild) return;
    button.setAttribute("aria-pressed", String(on));
    replace(button, icon(on ? "pause" : "play"));
}

function drawAll(id: number | null): void {
    if (id === null) return;
    for (const reference of buttons.get(id) ?? []) {
        const button = reference.deref();
        if (button) draw(button, id);
        else buttons.get(id)?.delete(reference);
    }
}

let notice: HTMLElement | null = null;
sound.onChange(() => {
    drawAll(current);
    if (notice) {
        const text = current === null ? "" : sound.problem;
        if (notice.textContent !== text) notice.textContent = text;
        notice.hidden = text === "";
    }
});

/** Where the lists say why something cannot be heard. */
export function listenNotice(): HTMLElement {
    notice ??= h("p", { class: "notice warn floating", role: "status", hidden: true });
    return notice;
}

export function listenTo(ref: SilenceRef): void {
    if (current === ref.id && sound.playing) {
        sound.pause();
        return;
    }
    const previous = current;
    sound.pause();
    current = ref.id;
    drawAll(previous);
    sound.load(ref.call.audio);
    sound.play(ref.silence.start - AROUND_SECONDS, ref.silence.end + AROUND_SECONDS);
}

export function stopListening(): void {
    sound.pause();
    const previous = current;
    current = null;
    drawAll(previous);
    if (notice) notice.hidden = true;
}

/** For tests and for the page's own use: where the sound of the lists is. */
export function listeningTo(): { playing: boolean; time: number; address: string } {
    return { playing: sound.playing, time: sound.time, address: sound.media.src };
}

export function listenButton(ref: SilenceRef): HTMLButtonElement {
    const button = h("button", {
        type: "button",
        class: "play",
        tabindex: "-1",
        disabled: ref.call.audio === null,
        title: ref.call.audio === null ? "This report was made without sound." : "Hear it with 5 s before and after",
        "aria-label": `Play the silence of ${secs(ref.seconds)} in ${callName(ref.call)}`,
        onclick: (event: MouseEvent) => {
            event.stopPropagation();
            listenTo(ref);
        },
    });
    let known = buttons.get(ref.id);
    if (!known) buttons.set(ref.id, known = new Set());
    for (const reference of known) if (!reference.deref()?.isConnected) known.delete(reference);
    known.add(new WeakRef(button));
    draw(button, ref.id);
    return button;
}
