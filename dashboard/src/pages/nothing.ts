import type { App } from "../app.ts";
import { type Child, data, h } from "../dom.ts";

/** What an empty list says, with the next step. */
export function nothingFound(app: App, what: "call" | "silence"): Child {
    if (app.report.index.calls.length === 0) return [h("h2", {}, "This report holds no calls."), h("p", {}, "Run ", h("code", {}, "chat analyze"), " on a folder with recordings; the page then shows them.")];
    if (app.text !== "") {
        return [h("h2", {}, "Nothing matches ", data(`“${app.text}”`), "."),
            h("p", {}, "The search looks at order ID, call SID, chain, store, agent, file name and keyword rules. It does not look at what was said; open a call to search its words.")];
    }
    if (what === "silence" && app.report.silences.length === 0) {
        return [h("h2", {}, "No call goes quiet."), h("p", {}, "No silence reaches the least length of this run. A lower ", h("code", {}, "--min-silence"), " finds shorter ones, without transcribing again.")];
    }
    return [h("h2", {}, `No ${what} fits all these filters.`), h("p", {}, "Remove one of the chips above, or all of them with “Clear all”.")];
}
