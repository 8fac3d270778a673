// The table of triggers, the nearest first, with a bar that fills as the price nears.

import { actsOn, explain } from "./acting.js";
import { announce, byId, el, show, write } from "./dom.js";
import { distance, now, on, prices, rows, tell } from "./known.js";
import { grouped } from "./numbers.js";

const AT_FIRST = 100;
const SORT_MS = 1000;
const FAR = 3;
const CLOSE = 1.5;
// The bar is empty at this distance and full at the level.
const BAR_PERCENT = 10;

const shown = new Map();
const FIRING = ["firing", "working"];
let showsAll = false;
let order = [];
let isDue = true;

function kindOf(row) {
  if (row.kind === "trailing") return "trail";
  if (row.is_stop) return "stop";
  return row.kind === "take_profit" ? "profit" : "";
}

function owner(row) {
  if (row.file) return "file";
  return row.owner.split(":")[0];
}

function make(row) {
  const cells = {
    kind: el("span", { class: `kind ${kindOf(row)}` }),
    price: el("td", { class: "number price" }),
    level: el("td", { class: "number level" }),
    quantity: el("td", { class: "number" }),
    fill: el("i"),
    away: el("span", { class: "away" }),
    owner: el("td", { class: "owner" }),
    state: el("td", { class: "state" }),
    acts: el("td", { class: "acts" }),
    place: el("small"),
  };
  const name = el("button", { type: "button", onclick: () => explain(row.id) }, row.id);
  const line = el(
    "tr",
    { "data-id": row.id, onclick: () => tell("choose", rows.get(row.id)?.source) },
    el("th", { scope: "row" }, name, cells.place),
    el("td", {}, cells.kind),
    cells.price,
    cells.level,
    cells.quantity,
    el("td", { class: "distance" }, el("div", { class: "bar" }, cells.fill), cells.away),
    cells.owner,
    cells.state,
    cells.acts,
  );
  return { line, cells, drawn: null };
}

function draw(row, one) {
  const { cells } = one;
  if (one.drawn !== row) {
    one.drawn = row;
    const side = row.side ? ` · ${row.side}` : "";
    write(cells.place, `${row.symbol}${side} · ${row.account}`);
    write(cells.kind, row.kind.replaceAll("_", " "));
    cells.kind.title = [row.asked, row.note, row.unseen].filter(Boolean).join(" · ");
    write(cells.level, row.level ? grouped(row.level) : row.due ? row.due.slice(11, 16) : (row.asked ?? "–"));
    write(cells.quantity, row.quantity ?? row.action);
    write(cells.owner, owner(row));
    cells.owner.title = row.file ?? row.owner;
    const why = row.state === "waiting" ? (row.waiting_for ?? "").replaceAll("_", " ") : "";
    write(cells.state, why ? `${row.state}: ${why}` : row.state);
    cells.acts.replaceChildren(...actsOn(row));
  }
  move(row, one);
}

/** What a price changes. */
function move(row, one) {
  const { cells, line } = one;
  const away = row.is_done ? null : distance(row);
  write(cells.price, grouped(prices.get(row.source)));
  write(cells.away, away === null ? "" : away > 0 ? `${away.toFixed(2)} % away` : `beyond by ${(-away).toFixed(2)} %`);
  const share = away === null ? 0 : Math.min(100, Math.max(2, 100 - (away / BAR_PERCENT) * 100));
  cells.fill.style.width = `${share}%`;
  const isStale = row.state === "stale" || now.staleSources.has(row.source);
  const tone = away === null ? "" : away < CLOSE ? "close" : away <= FAR ? "near" : "";
  const state = row.is_done
    ? `done ${row.state === "filled" || row.state === "acted" ? "fired" : ""}`
    : FIRING.includes(row.state) ? "firing" : row.state === "paused" ? "paused" : "";
  const name = [tone, state, isStale && !row.is_done ? "stale" : ""].filter(Boolean).join(" ");
  if (line.className !== name) line.className = name;
}

function sorted() {
  const words = byId("find").value.trim().toLowerCase();
  const far = Number.POSITIVE_INFINITY;
  return [...rows.values()]
    .filter((row) => !words || `${row.id} ${row.symbol} ${row.account} ${row.kind} ${row.state}`.toLowerCase().includes(words))
    .map((row) => [FIRING.includes(row.state) ? -far : row.is_done ? -1e9 : (distance(row) ?? far), row])
    .sort(([a, one], [b, other]) => a - b || (one.id < other.id ? -1 : 1))
    .map(([, row]) => row);
}

/** Put the lines in order, moving only those that are out of it. */
function arrange() {
  isDue = false;
  const found = sorted();
  order = showsAll ? found : found.slice(0, AT_FIRST);
  const wanted = new Set(order.map((row) => row.id));
  const body = byId("rows");
  const focused = document.activeElement;
  for (const [id, one] of shown) {
    if (wanted.has(id)) continue;
    one.line.remove();
    shown.delete(id);
  }
  let next = body.firstElementChild;
  for (const row of order) {
    if (!shown.has(row.id)) shown.set(row.id, make(row));
    const one = shown.get(row.id);
    draw(row, one);
    if (one.line === next) next = next.nextElementSibling;
    else body.insertBefore(one.line, next);
  }
  // A line that moved must not take the keyboard's place away.
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  const all = rows.size + now.leftOut;
  write(byId("listed"), found.length ? `${order.length} of ${all}, the nearest first` : "");
  show(byId("more"), found.length > order.length);
  write(byId("more"), `Show all ${found.length}`);
}

function tellFirings(ids) {
  for (const id of ids) {
    const row = rows.get(id);
    if (row && FIRING.includes(row.state)) announce(`${id} fires`);
    else if (row?.is_done) announce(`${id} is ${row.state}`);
  }
}

export function start() {
  on("rows", (ids) => {
    tellFirings(ids);
    for (const id of ids) {
      const row = rows.get(id);
      if (row && shown.has(id)) draw(row, shown.get(id));
    }
    isDue = true;
    if (!shown.size) arrange();
  });
  on("prices", (sources) => {
    const moved = new Set(sources);
    for (const row of order) if (moved.has(row.source) && shown.has(row.id)) move(row, shown.get(row.id));
    isDue = true;
  });
  on("status", () => {
    for (const row of order) if (shown.has(row.id)) move(row, shown.get(row.id));
  });
  byId("find").addEventListener("input", arrange);
  byId("more").addEventListener("click", () => {
    showsAll = true;
    arrange();
  });
  setInterval(() => isDue && arrange(), SORT_MS);
}
