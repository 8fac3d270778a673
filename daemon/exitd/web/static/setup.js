// What to write first, while there are no triggers.

import { announce, byId, show } from "./dom.js";
import { now, on, rows } from "./known.js";

export function start() {
  on("status", () => {
    const isEmpty = rows.size === 0 && now.leftOut === 0;
    show(byId("setup"), isEmpty);
    show(byId("triggers"), !isEmpty);
  });
  for (const button of document.querySelectorAll("[data-copies]"))
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(byId(button.dataset.copies).textContent);
      announce("copied");
    });
}
