import { createElement, setAttribute, setChildren, setText } from "../element.js";
import { createPopup } from "../popup.js";

export interface NameFilter {
  readonly element: HTMLElement;
  /** `known` is what there is to choose from; what is chosen stays in the list though it has gone. */
  show(known: readonly string[], chosen: readonly string[] | null): void;
}

/** Any number of names; none of them is all. */
export function createNameFilter(
  title: string,
  choose: (names: readonly string[] | null) => void,
  paint?: (swatch: Element, name: string) => void,
): NameFilter {
  const value = createElement("span", { class: "value" });
  const summary = createElement("summary", {}, createElement("span", { class: "label" }, `${title}: `), value);
  const all = createElement("button", { type: "button", class: "all" }, "All");
  const list = createElement("div", { class: "choices" });
  const legend = createElement("legend", { class: "hidden" }, title);
  const body = createElement("fieldset", { class: "panel" }, legend, all, list);
  const { element } = createPopup("filter", summary, body);
  const options = new Map<string, { readonly input: HTMLInputElement; readonly label: HTMLElement }>();
  // Not `disabled`, which would take the focus from whoever has just pressed it.
  const isAll = () => all.getAttribute("aria-disabled") === "true";
  all.addEventListener("click", () => {
    if (!isAll()) choose(null);
  });

  function optionOf(name: string) {
    const known = options.get(name);
    if (known !== undefined) return known;
    const input = createElement("input", { type: "checkbox", value: name });
    input.addEventListener("change", () => {
      const names = [...options].filter(([, option]) => option.input.checked).map(([each]) => each);
      choose(names.length === 0 ? null : names.toSorted());
    });
    const swatch = createElement("span", { class: "swatch" });
    paint?.(swatch, name);
    const children = paint === undefined ? [input, name] : [input, swatch, name];
    const option = { input, label: createElement("label", { title: name }, ...children) };
    options.set(name, option);
    return option;
  }

  return {
    element,
    show(known, chosen) {
      // Before it is known what there is, nothing is painted: a paint depends on all names.
      const names = known.length === 0 ? [] : [...new Set([...known, ...(chosen ?? [])])].toSorted();
      for (const name of options.keys()) if (!names.includes(name)) options.delete(name);
      const shown = names.map((name) => ({ name, ...optionOf(name) }));
      for (const { name, input } of shown) input.checked = chosen?.includes(name) ?? false;
      setChildren(
        list,
        shown.map(({ label }) => label),
      );
      setAttribute(all, "aria-disabled", String(chosen === null));
      const [first = ""] = chosen ?? [];
      setText(
        value,
        chosen === null
          ? "all"
          : chosen.length === 1
            ? first
            : names.length === 0
              ? String(chosen.length)
              : `${chosen.length} of ${names.length}`,
      );
    },
  };
}
