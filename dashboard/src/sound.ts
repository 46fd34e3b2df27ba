import { audioAddress } from "./data.ts";

/** How far around a silence one listens. */
export const AROUND_SECONDS = 5;

/**
 * One media element that plays a recording or a stretch of it. The sound is never fetched: under file:// only
 * a media element may read it.
 */
export class Sound {
    readonly media = new Audio();
    /** Why nothing can be heard, as a sentence; empty when all is well. */
    problem = "";
    private path: string | null | undefined;
    private stopAt: number | null = null;
    private frame = 0;
    private readonly listeners = new Set<() => void>();

    constructor() {
        this.media.preload = "metadata";
        for (const event of ["play", "pause", "ended", "seeked", "ratechange", "loadedmetadata"]) this.media.addEventListener(event, () => { this.changed(); });
        this.media.addEventListener("timeupdate", () => { this.tick(); });
        this.media.addEventListener("error", () => {
            if (this.path == null) return;
            this.problem = `The sound cannot be played: ${this.path} is missing, or this browser does not know its format. It lies beside index.html; move both together.`;
            this.changed();
        });
    }

    onChange(listener: () => void): () => void {
        this.listeners.add(listener);
        return () => { this.listeners.delete(listener); };
    }

    /** Chooses the recording; null: there is none to hear. */
    load(path: string | null): void {
        if (path === this.path && this.problem === "") return;
        this.media.pause();
        this.path = path;
        this.stopAt = null;
        this.problem = "";
        const address = audioAddress(path);
        if (address === null) {
            this.media.removeAttribute("src");
            this.problem = path === null ? "This report was made without sound." : "The report names a sound file outside of its folder.";
        } else this.media.src = address;
        this.changed();
    }

    get playing(): boolean {
        return !this.media.paused && !this.media.ended;
    }

    get time(): number {
        return this.media.currentTime;
    }

    seek(seconds: number): void {
        this.stopAt = null;
        this.media.currentTime = Math.max(0, seconds);
        this.changed();
    }

    /** Plays on from where it is, or the stretch from `from` to `to`. */
    play(from: number | null = null, to: number | null = null): void {
        if (from !== null) this.media.currentTime = Math.max(0, from);
        this.stopAt = to;
        if (audioAddress(this.path ?? null) === null) {
            this.changed();
            return;
        }
        // A refusal shows as the element's error, or is a pause that came first.
        this.media.play().catch(() => { this.changed(); });
    }

    pause(): void {
        this.media.pause();
    }

    toggle(): void {
        if (this.playing) this.pause();
        else this.play();
    }

    private tick(): void {
        if (this.stopAt !== null && this.media.currentTime >= this.stopAt) {
            this.stopAt = null;
            this.media.pause();
        }
        this.notify();
    }

    private changed(): void {
        cancelAnimationFrame(this.frame);
        if (this.playing) this.frame = requestAnimationFrame(() => { this.follow(); });
        this.notify();
    }

    private follow(): void {
        this.tick();
        if (this.playing) this.frame = requestAnimationFrame(() => { this.follow(); });
    }

    private notify(): void {
        for (const listener of this.listeners) listener();
    }
}
