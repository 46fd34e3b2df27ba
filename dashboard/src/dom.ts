/** Elements are only ever made here: data enters the page as text nodes and attributes, never as markup. */

export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Handler = (event: never) => void;
type Value = string | number | boolean | null | undefined | Handler | Readonly<Record<string, string>>;
export type Props = Readonly<Record<string, Value>>;

function append(parent: Node, child: Child): void {
    if (child === null || child === undefined || child === false) return;
    if (typeof child === "string" || typeof child === "number") parent.appendChild(document.createTextNode(String(child)));
    else if (child instanceof Node) parent.appendChild(child);
    else for (const one of child) append(parent, one);
}

function setProps(element: Element, props: Props): void {
    for (const [name, value] of Object.entries(props)) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
        else if (typeof value === "object") {
            for (const [key, text] of Object.entries(value)) (element as HTMLElement).style.setProperty(key, text);
        } else element.setAttribute(name, value === true ? "" : String(value));
    }
}

/** Makes an element. `on<event>` adds a listener, `style` takes an object (the policy refuses style attributes). */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    setProps(element, props);
    append(element, children);
    return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): SVGElementTagNameMap[K] {
    const element = document.createElementNS(SVG, tag);
    setProps(element, props);
    append(element, children);
    return element;
}

/** Words from a recording, a file name or a manifest: isolated, so that they cannot turn the text around them. */
export function data(text: string, props: Props = {}): HTMLElement {
    return h("bdi", props, text);
}

export function replace(parent: Element, ...children: Child[]): void {
    parent.replaceChildren();
    append(parent, children);
}

export type Icon = "play" | "pause" | "close" | "back" | "next" | "table" | "chart" | "filter" | "search" | "theme" | "warn" | "columns" | "download" | "rewind";

const PATHS: Readonly<Record<Icon, string>> = {
    play: "M5 3.2v9.6L12.8 8z",
    pause: "M4.5 3h2.6v10H4.5zM8.9 3h2.6v10H8.9z",
    close: "M4.2 3.2 8 7l3.8-3.8 1 1L9 8l3.8 3.8-1 1L8 9l-3.8 3.8-1-1L7 8 3.2 4.2z",
    back: "M10 3 5 8l5 5 1-1-4-4 4-4z",
    next: "m6 3 5 5-5 5-1-1 4-4-4-4z",
    table: "M2 3h12v10H2zm1.2 1.2v1.9h9.6V4.2zm0 3.1v1.8h3.6V7.3zm4.8 0v1.8h4.8V7.3zm-4.8 3v1.5h3.6v-1.5zm4.8 0v1.5h4.8v-1.5z",
    chart: "M2 13V3h1.3v8.8H14V13zm3-2V7h2v4zm3.5 0V4h2v7zM12 11V8.5h2V11z",
    filter: "M2 3.5h12v1.4H2zm2 3.8h8v1.4H4zm2.2 3.8h3.6v1.4H6.2z",
    search: "M7 2.2a4.8 4.8 0 0 1 3.8 7.7l3.1 3.1-.9.9-3.1-3.1A4.8 4.8 0 1 1 7 2.2m0 1.3a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
    theme: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8m0 1.3v9.8a4.9 4.9 0 0 0 0-9.8",
    warn: "M8 1.9 14.6 13.6H1.4zM7.4 6v4h1.2V6zm0 4.9v1.2h1.2v-1.2z",
    columns: "M2 3h12v10H2zm1.2 1.2v7.6h2.7V4.2zm3.9 0v7.6h1.8V4.2zm3 0v7.6h2.7V4.2z",
    download: "M7.4 2h1.2v6l2.2-2.2.9.9L8 10.400 4.300 6.700l.9-.9L7.400 8zM2.500 12.300h11v1.300h-11z",
    rewind: "M8.200 3.500v9L3 8zM13.500 3.500v9L8.300 8z",
};

export function icon(name: Icon): SVGSVGElement {
    return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" }, svg("path", { d: PATHS[name], "fill-rule": "evenodd" }));
}
