// What to write first, while there are no triggers.

import { announce, byId, show } from "./dom.js";
import { on } from "./known.js";

const WATCHING = ["waiting", "armed", "confirming", "stale", "paused", "firing", "working"];

export function start() {
  on("status", (status) => {
    const isEmpty = WATCHING.every((state) => !status.triggers[state]);
    show(byId("setup"), isEmpty);
    show(byId("triggers"), !isEmpty);
  });
  for (const button of document.querySelectorAll("[data-copies]"))
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(byId(button.dataset.copies).textContent);
      announce("copied");
    });
}
