// The price of one market, a line for each level, the entry, and what has fired there.

import { byId, el } from "./dom.js";
import { distance, facts, history, now, on, prices, rows } from "./known.js";
import { grouped, number } from "./numbers.js";
import { colour } from "./theme.js";
import { createChart, createSeriesMarkers, LineSeries, LineStyle } from "./vendor/lightweight-charts.mjs";

// The nearest levels only, or nobody could read them.
const LINES_MAX = 12;
// Steps of three seconds that are in sight at first: ten minutes.
const SHOWN = 200;
let chart = null;
let series = null;
let markers = null;
let lines = new Map();
// What fired, and at which price: the line, of every third second, may have missed it.
let fires = [];
let chosen = "";
let lastSecond = 0;

function colours() {
  return {
    layout: { background: { color: colour("card") }, textColor: colour("quiet"), attributionLogo: false },
    grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
    rightPriceScale: { borderColor: colour("line") },
    timeScale: { borderColor: colour("line"), timeVisible: true, secondsVisible: true, rightOffset: 4 },
  };
}

const local = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");

function make() {
  const options = { autoSize: true, ...colours(), localization: { timeFormatter: local } };
  options.timeScale.tickMarkFormatter = local;
  chart = createChart(byId("chart"), options);
  const within = { autoscaleInfoProvider: (given) => withLevels(given()) };
  series = chart.addSeries(LineSeries, { color: colour("blue"), lineWidth: 2, ...within });
  markers = createSeriesMarkers(series, []);
}

/** Let the levels that are near be seen too, and not make a far one flatten the price. */
function withLevels(given) {
  if (!given) return given;
  const { minValue, maxValue } = given.priceRange;
  const seen = [...[...lines.values()].map((one) => one.price), ...fires.map((one) => one.price)];
  const near = seen.filter((price) => Math.abs(price / maxValue - 1) < 0.1);
  return { ...given, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
}

const digitsOf = (text) => (text?.split(".")[1] ?? "").length;

function precision(source) {
  const levels = [...rows.values()].filter((row) => row.source === source).map((row) => digitsOf(row.level));
  const digits = Math.max(2, digitsOf(prices.get(source)), ...levels);
  return { type: "price", precision: digits, minMove: 1 / 10 ** digits };
}

/** Draw the whole of the chosen source. */
function redraw() {
  if (!chart || !chosen) return;
  series.applyOptions({ priceFormat: precision(chosen) });
  const samples = history.get(chosen) ?? [];
  series.setData(samples.map(([time, value]) => ({ time, value })));
  lastSecond = samples.at(-1)?.[0] ?? 0;
  chart.timeScale().setVisibleLogicalRange({ from: samples.length - Math.min(SHOWN, Math.max(40, samples.length)), to: samples.length + 5 });
  drawLines();
  drawMarkers();
}

function wantedLines() {
  const wanted = new Map();
  const here = [...rows.values()].filter((row) => row.source === chosen && row.level && !row.is_done);
  if (here.length > LINES_MAX) here.sort((one, other) => distance(one) - distance(other));
  for (const row of here.slice(0, LINES_MAX)) {
    const word = { stop_loss: "SL", take_profit: "TP", trailing: "trail" }[row.kind] ?? row.kind;
    const hue = row.kind === "trailing" ? "amber" : row.is_stop ? "red" : "green";
    wanted.set(row.id, { price: number(row.level), title: `${word} ${row.quantity ?? row.action}`, color: colour(hue), lineStyle: LineStyle.Dashed });
  }
  const [account, symbol] = chosen.split("/");
  for (const position of now.positions) {
    if (position.symbol !== symbol || position.account !== account || !position.entry_price) continue;
    wanted.set(position.key, { price: number(position.entry_price), title: `entry ${position.side}`, color: colour("quiet"), lineStyle: LineStyle.Dotted });
  }
  return wanted;
}

/** Make, move and take away lines; a trail's moves in its place. */
function drawLines() {
  if (!chart || !chosen) return;
  const wanted = wantedLines();
  for (const [id, one] of lines) {
    if (wanted.has(id)) continue;
    series.removePriceLine(one.line);
    lines.delete(id);
  }
  for (const [id, options] of wanted) {
    const known = lines.get(id);
    const full = { lineWidth: 1, axisLabelVisible: true, ...options };
    if (!known) lines.set(id, { line: series.createPriceLine(full), price: options.price, title: options.title });
    else if (known.price !== options.price || known.title !== options.title) {
      known.line.applyOptions(full);
      Object.assign(known, { price: options.price, title: options.title });
    }
  }
  describe();
}

/** Say what the picture shows, for those who do not see it. */
function describe() {
  const levels = [...lines.values()].map((one) => `${one.title} ${one.price}`).join(", ");
  const fired = fires.map((one) => `. ${one.text} fired at ${one.price}`).join("");
  byId("chart").setAttribute("aria-label", `${chosen}: ${grouped(prices.get(chosen))}. ${levels || "no level"}${fired}`);
}

function drawMarkers() {
  if (!chart || !chosen) return;
  const symbol = chosen.split("/")[1];
  const samples = history.get(chosen) ?? [];
  const first = samples[0]?.[0] ?? Infinity;
  const step = (fact) => Math.floor(Date.parse(fact.ts) / 3000) * 3;
  const place = (fact) => {
    const price = fact.fields.source === chosen ? number(fact.fields.observed) : NaN;
    return Number.isNaN(price) ? { position: "aboveBar" } : { position: "atPriceTop", price };
  };
  const found = facts
    .filter((fact) => fact.event === "trigger.hit" && fact.symbol === symbol)
    .map((fact) => ({ time: step(fact), text: fact.trigger_id, ...place(fact) }))
    .filter((one) => one.time >= first);
  fires = found.filter((one) => one.price !== undefined);
  describe();
  markers.setMarkers(found.map((one) => ({ ...one, shape: "arrowDown", color: colour("amber") })));
}

function sources() {
  return [...new Set([...rows.values()].filter((row) => row.way && !row.is_done).map((row) => row.source))].sort();
}

function listMarkets() {
  const select = byId("market");
  const found = sources();
  if (chosen && !found.includes(chosen)) found.push(chosen);
  if (found.join() !== [...select.options].map((option) => option.value).join()) {
    select.replaceChildren(...found.map((source) => el("option", { value: source }, source)));
    select.value = chosen;
  }
  if (!chosen && found.length) choose(found.find((source) => prices.has(source)) ?? found[0]);
}

function choose(source) {
  if (!source || source === chosen) return;
  chosen = source;
  byId("market").value = source;
  for (const one of lines.values()) series.removePriceLine(one.line);
  lines = new Map();
  redraw();
}

function push() {
  const last = (history.get(chosen) ?? []).at(-1);
  if (!last || last[0] < lastSecond) return;
  lastSecond = last[0];
  series.update({ time: last[0], value: last[1] });
}

export function start() {
  make();
  byId("market").addEventListener("change", (event) => choose(event.target.value));
  on("choose", choose);
  on("history", redraw);
  on("prices", (told) => told.includes(chosen) && push());
  on("sampled", push);
  on("rows", () => {
    listMarkets();
    drawLines();
  });
  on("positions", drawLines);
  on("facts", drawMarkers);
  on("theme", () => {
    chart.applyOptions(colours());
    for (const one of lines.values()) series.removePriceLine(one.line);
    lines = new Map();
    redraw();
  });
  listMarkets();
  redraw();
}
