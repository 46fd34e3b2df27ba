import { FormatModule, InteractionModule, ResizeColumnsModule, ResizeTableModule, SortModule, Tabulator } from "tabulator-tables";
import type { CellComponent, ColumnDefinition, RowComponent } from "tabulator-tables";
import { type Child, h, icon, replace } from "./dom.ts";

Tabulator.registerModule([FormatModule, InteractionModule, ResizeColumnsModule, ResizeTableModule, SortModule]);

export interface Column<T> {
    readonly key: string;
    readonly title: string;
    /** What the column is, for those who do not know the word. */
    readonly hint?: string;
    readonly numeric?: boolean;
    readonly width?: number;
    readonly minWidth?: number;
    readonly grow?: number;
    readonly hidden?: boolean;
    readonly cell: (row: T) => Child;
    /** What it is sorted by; null comes last either way. */
    readonly by?: (row: T) => number | string | null;
    readonly firstDescending?: boolean;
}

export interface TableOptions<T> {
    readonly label: string;
    readonly columns: readonly Column<T>[];
    readonly sort: { readonly key: string; readonly descending: boolean };
    readonly card: (row: T) => Child;
    readonly open: (row: T) => void;
    readonly play?: (row: T) => void;
    /** Rows that have nothing to show. */
    readonly dimmed?: (row: T) => boolean;
}

interface Held<T> {
    id: number;
    row: T;
}

const NARROW = window.matchMedia("(max-width: 719px)");
let tables = 0;

/** A virtual table: dense rows where there is room, cards on a telephone. One row is current, moved by keys. */
export class Table<T> {
    readonly element: HTMLElement;
    private readonly id = ++tables;
    private readonly host = h("div", { class: "table" });
    /** Says the current row to those who do not see it. */
    private readonly said = h("p", { class: "sr", "aria-live": "polite" });
    private readonly sortSelect: HTMLSelectElement;
    private readonly hidden: Set<string>;
    private grid: Tabulator | null = null;
    private ready = false;
    private rows: readonly T[] = [];
    private sort: { key: string; descending: boolean };
    private currentRow: T | null = null;

    constructor(private readonly options: TableOptions<T>) {
        this.sort = { ...options.sort };
        this.hidden = new Set(options.columns.filter((column) => column.hidden).map((column) => column.key));
        this.sortSelect = h("select", { "aria-label": "Sort by", onchange: () => { this.sortBy(this.sortSelect.value); } });
        for (const column of options.columns) if (column.by) this.sortSelect.append(h("option", { value: column.key, selected: column.key === this.sort.key }, column.title));
        this.element = h("div", { class: "table-frame" }, this.host, this.said);
        this.host.addEventListener("keydown", (event) => { this.key(event); });
        NARROW.addEventListener("change", () => { this.build(); });
    }

    /** Column choice where there are columns, the order where there are cards. */
    controls(): HTMLElement {
        const boxes = this.options.columns.filter((column) => column.title !== "").map((column) => h("label", {},
            h("input", { type: "checkbox", checked: !this.hidden.has(column.key), onchange: (event: Event) => {
                if ((event.currentTarget as HTMLInputElement).checked) this.hidden.delete(column.key);
                else this.hidden.add(column.key);
                this.build();
            } }), column.title));
        const menu = h("details", { class: "menu wide-only" }, h("summary", { class: "button" }, icon("columns"), "Columns"), h("div", { class: "popup" }, boxes));
        menu.addEventListener("focusout", (event) => {
            if (!(event.relatedTarget instanceof Node && menu.contains(event.relatedTarget))) menu.open = false;
        });
        return h("div", { class: "controls" }, h("label", { class: "narrow-only" }, "Sort by ", this.sortSelect), menu);
    }

    /** The rows in the order shown. */
    order(): T[] {
        return this.grid && this.ready ? this.grid.getRows("active").map((row) => (row.getData() as Held<T>).row) : [...this.rows];
    }

    show(rows: readonly T[]): void {
        this.rows = rows;
        if (this.currentRow !== null && !rows.includes(this.currentRow)) this.currentRow = null;
        if (this.grid && this.ready) void this.grid.setData(this.held());
        else if (!this.grid) this.build();
    }

    /** After the table came back into the page. */
    shown(): void {
        if (!this.grid) this.build();
        else if (this.ready) this.grid.redraw(true);
    }

    focus(): void {
        this.host.querySelector<HTMLElement>(".tabulator-tableholder")?.focus({ preventScroll: true });
    }

    private held(): Held<T>[] {
        return this.rows.map((row, id) => ({ id, row }));
    }

    private build(): void {
        if (!this.host.isConnected) return;
        this.grid?.destroy();
        this.ready = false;
        const cards = NARROW.matches;
        this.host.classList.toggle("cards", cards);
        const target = h("div");
        replace(this.host, target);
        const definitions = this.options.columns.map((column) => this.definition(column, cards));
        const cardColumn: ColumnDefinition = {
            title: "", field: "card", headerSort: false, formatter: (cell) => this.content(this.options.card((cell.getData() as Held<T>).row)),
        };
        const grid = new Tabulator(target, {
            data: this.held(),
            columns: cards ? [cardColumn, ...definitions.map((definition) => ({ ...definition, visible: false }))] : definitions,
            layout: "fitColumns",
            headerVisible: !cards,
            ...(cards ? {} : { rowHeight: 32 }),
            height: "100%",
            initialSort: [{ column: this.sort.key, dir: this.sort.descending ? "desc" : "asc" }],
            columnDefaults: { resizable: cards ? false : "header", headerSortTristate: false },
            placeholder: "",
            rowFormatter: (row) => { this.decorate(row); },
        });
        this.grid = grid;
        grid.on("tableBuilt", () => {
            this.ready = true;
            this.dress();
            if (grid.getDataCount() !== this.rows.length) void grid.setData(this.held());
        });
        grid.on("rowClick", (_event, row) => { this.options.open((row.getData() as Held<T>).row); });
        grid.on("dataSorted", (sorters) => {
            const first = sorters[0];
            if (first) this.sort = { key: first.field, descending: first.dir === "desc" };
        });
    }

    private definition(column: Column<T>, cards: boolean): ColumnDefinition {
        const by = column.by;
        return {
            title: column.title,
            field: column.key,
            visible: !this.hidden.has(column.key),
            hozAlign: column.numeric ? "right" : "left",
            headerHozAlign: column.numeric ? "right" : "left",
            cssClass: column.numeric ? "number" : "",
            ...(column.width === undefined ? {} : { width: column.width, widthGrow: 0, widthShrink: 0 }),
            ...(column.minWidth === undefined ? {} : { minWidth: column.minWidth }),
            ...(column.grow === undefined ? {} : { widthGrow: column.grow }),
            headerSort: by !== undefined,
            headerSortStartingDir: column.firstDescending ? "desc" : "asc",
            ...(by === undefined ? {} : {
                sorter: (_a: unknown, _b: unknown, first: RowComponent, second: RowComponent, _column: unknown, direction: string) =>
                    compare(by((first.getData() as Held<T>).row), by((second.getData() as Held<T>).row), direction === "desc"),
            }),
            ...(cards ? {} : { formatter: (cell: CellComponent) => this.content(column.cell((cell.getData() as Held<T>).row)) }),
        };
    }

    private content(child: Child): HTMLElement {
        return h("span", { class: "cell" }, child);
    }

    private sortBy(key: string): void {
        const column = this.options.columns.find((one) => one.key === key);
        this.grid?.setSort(key, column?.firstDescending ? "desc" : "asc");
    }

    /** Names and hints that the library leaves to its user. */
    private dress(): void {
        const root = this.host.firstElementChild;
        if (!root) return;
        root.setAttribute("aria-label", `${this.options.label}. Up and down move, Enter opens${this.options.play ? ", Space plays" : ""}.`);
        root.querySelector(".tabulator-tableholder")?.setAttribute("role", "rowgroup");
        root.querySelector(".tabulator-table")?.setAttribute("role", "presentation");
        for (const column of this.grid?.getColumns() ?? []) {
            const found = this.options.columns.find((one) => one.key === column.getField());
            const head = column.getElement();
            if (found?.hint) head.title = found.hint;
            if (!found || found.title === "") head.setAttribute("aria-label", "Play");
            if (found?.by) {
                head.tabIndex = 0;
                head.addEventListener("keydown", (event) => {
                    if (event.key !== "Enter" && event.key !== " ") return;
                    event.preventDefault();
                    event.stopPropagation();
                    const same = this.sort.key === found.key;
                    this.grid?.setSort(found.key, same ? (this.sort.descending ? "asc" : "desc") : found.firstDescending ? "desc" : "asc");
                });
            }
        }
    }

    private decorate(row: RowComponent): void {
        const held = row.getData() as Held<T>;
        const element = row.getElement();
        element.id = `table-${this.id}-${held.id}`;
        element.classList.toggle("current", held.row === this.currentRow);
        element.classList.toggle("dimmed", this.options.dimmed?.(held.row) ?? false);
        element.setAttribute("aria-selected", String(held.row === this.currentRow));
    }

    private key(event: KeyboardEvent): void {
        if (!this.grid || !this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target instanceof HTMLElement && event.target.closest("button, select, input, a") && event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        if (event.key === "Enter" && this.currentRow !== null) this.options.open(this.currentRow);
        else if (event.key === " " && this.currentRow !== null && this.options.play) this.options.play(this.currentRow);
        else if (!this.move(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
    }

    private move(key: string): boolean {
        const rows = this.grid?.getRows("active") ?? [];
        if (rows.length === 0) return false;
        const now = rows.findIndex((row) => (row.getData() as Held<T>).row === this.currentRow);
        const page = Math.max(1, Math.floor(this.host.clientHeight / 32) - 2);
        const steps: Readonly<Record<string, number>> = { ArrowDown: now + 1, ArrowUp: now < 0 ? 0 : now - 1, Home: 0, End: rows.length - 1, PageDown: now + page, PageUp: now - page };
        const wanted = steps[key];
        if (wanted === undefined) return false;
        const next = rows[Math.min(rows.length - 1, Math.max(0, wanted))];
        if (!next) return false;
        const before = rows[now];
        this.currentRow = (next.getData() as Held<T>).row;
        if (before) this.decorate(before);
        void Promise.resolve(this.grid?.scrollToRow(next, "nearest", false)).catch(() => undefined).then(() => {
            this.decorate(next);
            this.said.textContent = next.getCells().filter((cell) => cell.getColumn().isVisible()).map((cell) => cell.getElement().textContent).join(", ");
        });
        return true;
    }
}

function compare(a: number | string | null, b: number | string | null, descending: boolean): number {
    if (a === null || b === null) return a === b ? 0 : (a === null) === descending ? -1 : 1;
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
}
