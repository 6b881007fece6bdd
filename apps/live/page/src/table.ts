import { createElement, setChildren } from "./element.js";

/** One cell of a row, made once and then shown again with whatever row comes to lie there. */
export interface Cell<Row> {
  readonly element: HTMLTableCellElement;
  show(row: Row): void;
}

export interface TableColumn<Row> {
  readonly heading: Node | string;
  /** Of the heading and the cells. */
  readonly className?: string;
  readonly create: () => Cell<Row>;
}

export interface Table<Row> {
  readonly element: HTMLTableElement;
  show(rows: readonly Row[]): void;
}

/** A table whose rows are kept from one update to the next: only what differs is touched. */
export function createTable<Row>(
  caption: Node | string,
  columns: readonly TableColumn<Row>[],
  className = "",
): Table<Row> {
  const headings = columns.map(({ heading, className: columnClass = "" }) =>
    createElement("th", { scope: "col", ...(columnClass && { class: columnClass }) }, heading),
  );
  const body = createElement("tbody");
  const head = createElement("thead", {}, createElement("tr", {}, ...headings));
  const element = createElement("table", className === "" ? {} : { class: className });
  element.append(createElement("caption", {}, caption), head, body);
  const lines: { readonly element: HTMLTableRowElement; readonly cells: readonly Cell<Row>[] }[] = [];

  function createLine() {
    const cells = columns.map(({ create, className: columnClass }) => {
      const cell = create();
      if (columnClass !== undefined) cell.element.classList.add(...columnClass.split(" "));
      return cell;
    });
    return { element: createElement("tr", {}, ...cells.map((cell) => cell.element)), cells };
  }

  return {
    element,
    show(rows) {
      while (lines.length < rows.length) lines.push(createLine());
      lines.length = rows.length;
      for (const [at, row] of rows.entries()) for (const cell of lines[at]?.cells ?? []) cell.show(row);
      setChildren(
        body,
        lines.map((line) => line.element),
      );
    },
  };
}
