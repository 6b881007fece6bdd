import type { Dashboards } from "../../src/protocol.js";
import { createApp } from "./app.js";
import { createElement } from "./element.js";

const retryMs = 1_000;

/** The server may be away while the page is loaded from a cache, or just starting. */
async function fetchDashboards(): Promise<Dashboards> {
  for (;;) {
    try {
      const answer = await fetch("/api/dashboards");
      if (answer.ok) return await answer.json();
    } catch {
      // Tried again below.
    }
    const text = "The server of this page does not answer. Trying again.";
    document.getElementById("main")?.replaceChildren(createElement("p", { class: "notice", role: "status" }, text));
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

createApp(await fetchDashboards());
