// What happened, the newest first; one block for each firing, which its fire_id ties
// together.

import { explain } from "./acting.js";
import { byId, el } from "./dom.js";
import { facts, on, takeFacts } from "./known.js";
import { clock } from "./numbers.js";
import { ask } from "./session.js";

const BLOCKS = 80;
let isDue = false;

function fields(fact) {
  const words = Object.entries(fact.fields)
    .filter(([name, value]) => value !== null && value !== "" && !name.endsWith("_ns"))
    .map(([name, value]) => `${name}=${value}`);
  return words.join(" ");
}

function line(fact) {
  const about = fact.trigger_id
    ? el("button", { type: "button", onclick: () => explain(fact.trigger_id) }, fact.trigger_id)
    : [fact.account, fact.symbol].filter(Boolean).join("/");
  return el("li", { "data-event": fact.event }, el("time", { datetime: fact.ts }, clock(fact.ts)),
    el("b", {}, fact.event), about, " ", el("span", { class: "fields" }, fields(fact)));
}

/** Gather facts into blocks, the newest first, each in the order of its happening. */
function blocks(filter) {
  const found = new Map();
  for (let index = facts.length - 1; index >= 0; index--) {
    const fact = facts[index];
    if (filter && !`${fact.event} ${fact.trigger_id} ${fact.symbol} ${fact.fire_id} ${fields(fact)}`.toLowerCase().includes(filter))
      continue;
    const key = fact.fire_id || `one ${fact.seq}`;
    if (!found.has(key)) {
      if (found.size >= BLOCKS) continue;
      found.set(key, []);
    }
    found.get(key).unshift(fact);
  }
  return found;
}

function draw() {
  isDue = false;
  const list = byId("events");
  const open = new Set([...list.querySelectorAll("details:not([open])")].map((each) => each.dataset.fire));
  const made = [];
  for (const [key, told] of blocks(byId("filter").value.trim().toLowerCase())) {
    const last = told.at(-1);
    if (!last.fire_id) {
      made.push(line(last));
      continue;
    }
    const summary = el("summary", {}, el("time", { datetime: told[0].ts }, clock(told[0].ts)),
      el("b", {}, last.fire_id), `${last.event} · ${told.length} event${told.length === 1 ? "" : "s"}`);
    made.push(el("li", { class: "firing" },
      el("details", { "data-fire": key, open: !open.has(key) }, summary, el("ol", {}, ...told.map(line)))));
  }
  if (!made.length) made.push(el("li", { class: "quiet" }, "nothing yet"));
  list.replaceChildren(...made);
}

/** Read what happened before the page was opened. */
async function readPast() {
  // Where it does not answer, the header says so already.
  const told = await ask("/v1/facts?limit=300").catch(() => null);
  if (told) takeFacts(told.facts);
}

export function start() {
  on("facts", () => (isDue = true));
  on("link", (link) => link.isUp && readPast());
  byId("filter").addEventListener("input", draw);
  setInterval(() => {
    // Someone who reads in the list keeps it as it is.
    const isRead = byId("events").contains(document.activeElement) && document.activeElement !== byId("events");
    if (isDue && !isRead) draw();
  }, 500);
  draw();
}
