/** Everything in the page is made here, and all text is set as text: what looks like markup in a name stays a name. */

export type Attributes = Readonly<Record<string, string>>;

export function createElement<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Touches the document only where the text is another one. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Likewise for an attribute; `undefined` removes it. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Likewise for the children: those that stay are not moved. */
export function setChildren(parent: Element, children: readonly Node[]): void {
  const { childNodes } = parent;
  if (childNodes.length === children.length && children.every((child, at) => childNodes[at] === child)) return;
  parent.replaceChildren(...children);
}

/** For who can't see the page. */
export const hiddenText = (text: string): HTMLSpanElement => createElement("span", { class: "hidden" }, text);
