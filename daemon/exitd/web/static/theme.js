// Light, dark, or as the system says.

import { byId, write } from "./dom.js";
import { tell } from "./known.js";

const NAME = "exitd.theme";
const ORDER = ["system", "light", "dark"];

function set(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  write(byId("theme"), `Theme: ${theme}`);
  tell("theme", theme);
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function start() {
  let theme = localStorage.getItem(NAME) ?? "system";
  if (!ORDER.includes(theme)) theme = "system";
  set(theme);
  byId("theme").addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    localStorage.setItem(NAME, theme);
    set(theme);
  });
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => tell("theme", theme));
}
