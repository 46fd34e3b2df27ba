/** Light, dark, or as the system says. The choice is remembered where the browser allows it for this page. */

export type Theme = "system" | "light" | "dark";

const KEY = "chat-theme";
const listeners = new Set<() => void>();
const system = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
    try {
        const value = localStorage.getItem(KEY);
        return value === "light" || value === "dark" ? value : "system";
    } catch {
        return "system";
    }
}

let current: Theme = stored();
let printing = false;

function apply(): void {
    const dark = !printing && (current === "dark" || (current === "system" && system.matches));
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    for (const listener of listeners) listener();
}

export function startTheme(): void {
    system.addEventListener("change", apply);
    // Paper is light, and charts are drawn in the theme's colours.
    for (const [event, on] of [["beforeprint", true], ["afterprint", false]] as const) {
        window.addEventListener(event, () => {
            printing = on;
            apply();
        });
    }
    apply();
}

export function theme(): Theme {
    return current;
}

export function setTheme(next: Theme): void {
    current = next;
    try {
        if (next === "system") localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, next);
    } catch {
        // A page from disk may have no storage; the choice then holds until it is closed.
    }
    apply();
}

/** Calls `listener` after each change; the result ends that. */
export function onTheme(listener: () => void): () => void {
    listeners.add(listener);
    return () => { listeners.delete(listener); };
}

/** A colour of the current theme, for what is drawn and not styled. */
export function color(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
