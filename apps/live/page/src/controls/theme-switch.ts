import { createElement, setAttribute } from "../element.js";
import { applyTheme, readTheme, storeTheme, watchTheme } from "../theme.js";

/** Between light and dark. To choose what the system has is to follow the system again. */
export function createThemeSwitch(): HTMLElement {
  const element = createElement("button", { type: "button", class: "theme" });
  element.append(createElement("span", { "aria-hidden": "true" }));
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => {
    const theme = readTheme();
    return theme === "system" ? system.matches : theme === "dark";
  };
  const show = () => {
    const next = isDark() ? "light" : "dark";
    setAttribute(element, "aria-label", `Switch to the ${next} theme`);
    setAttribute(element, "title", `Switch to the ${next} theme`);
  };
  element.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    const theme = (next === "dark") === system.matches ? "system" : next;
    storeTheme(theme);
    applyTheme(theme);
    show();
  });
  watchTheme(show);
  show();
  return element;
}
