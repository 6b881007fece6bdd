/** `system` is what the system prefers. */
export type Theme = "system" | "light" | "dark";

const key = "tidemark-theme";

/** What was chosen in this browser. Where storage is forbidden, nothing was. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

export function storeTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // It then holds until the page is closed.
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

const watchers = new Set<() => void>();

/** Calls back whenever colours are other ones, by a choice in the page or in the system. */
export function watchTheme(watcher: () => void): void {
  if (watchers.size === 0) {
    const tell = () => {
      for (const each of watchers) each();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
    new MutationObserver(tell).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }
  watchers.add(watcher);
}
