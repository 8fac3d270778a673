// What the daemon has told, and who wants to know of it.
//
// Views listen to topics: rows, prices, status, positions, facts, history, link.

import { number } from "./numbers.js";

const DONE_SHOWN_MS = 60_000;
const FACTS_KEPT = 500;
const HISTORY_KEPT = 400;
const STEP_S = 3;

export const rows = new Map();
export const prices = new Map();
/** source → [[seconds, price], …] */
export const history = new Map();
export const facts = [];
export const now = { status: null, positions: [], leftOut: 0, isUp: false, staleSources: new Set() };

const wanted = new Map();

export function on(topic, hear) {
  if (!wanted.has(topic)) wanted.set(topic, []);
  wanted.get(topic).push(hear);
}

export function tell(topic, what) {
  for (const hear of wanted.get(topic) ?? []) hear(what);
}

/** Take in one message of the stream. */
export function take(message) {
  if (message.is_whole) {
    rows.clear();
    prices.clear();
    history.clear();
    for (const [source, samples] of Object.entries(message.history ?? {}))
      history.set(source, ascending(samples).map(([s, price]) => [s, number(price)]));
    tell("history");
  }
  if (message.left_out !== undefined && message.left_out !== null)
    now.leftOut = message.left_out;
  if (message.status) {
    now.status = message.status;
    now.staleSources = new Set(
      message.status.feeds.filter((feed) => feed.is_stale).map((feed) => feed.source),
    );
  }
  if (message.positions) now.positions = message.positions.positions;
  takeRows(message);
  takePrices(message.prices ?? {});
  if (message.status) tell("status", now.status);
  if (message.positions) tell("positions", now.positions);
  if (message.facts) takeFacts(message.facts);
}

/** A clock that was put back must not break the chart. */
function ascending(samples) {
  return samples.filter(([seconds], index) => index === 0 || seconds > samples[index - 1][0]);
}

function takeRows(message) {
  const changed = [];
  for (const row of message.rows ?? []) {
    const before = rows.get(row.id);
    if (row.is_done) row.doneAt = Date.now();
    if (row.is_done && before === undefined) continue;
    rows.set(row.id, row);
    changed.push(row.id);
  }
  for (const id of message.gone ?? []) {
    if (rows.get(id)?.is_done) continue;
    rows.delete(id);
    changed.push(id);
  }
  if (changed.length || message.is_whole) tell("rows", changed);
}

function takePrices(told) {
  const sources = Object.keys(told);
  for (const source of sources) {
    prices.set(source, told[source]);
    sample(source);
  }
  if (sources.length) tell("prices", sources);
}

/** Note the price of now in steps of three seconds, as the daemon does. */
function sample(source) {
  const seconds = Math.floor(Date.now() / 1000 / STEP_S) * STEP_S;
  const samples = history.get(source) ?? [];
  history.set(source, samples);
  const price = number(prices.get(source));
  const last = samples.at(-1);
  if (last && last[0] >= seconds) last[1] = price;
  else samples.push([seconds, price]);
  if (samples.length > HISTORY_KEPT) samples.splice(0, samples.length - HISTORY_KEPT);
}

/** A price that stands still goes on in time. */
export function sampleAll() {
  for (const source of prices.keys()) sample(source);
  tell("sampled");
}

/** Take facts, the oldest first; one that is known already counts once. */
export function takeFacts(told) {
  const known = new Set(facts.map((fact) => fact.seq));
  const fresh = told.filter((fact) => !known.has(fact.seq));
  facts.push(...fresh);
  facts.sort((a, b) => a.seq - b.seq);
  if (facts.length > FACTS_KEPT) facts.splice(0, facts.length - FACTS_KEPT);
  if (fresh.length) tell("facts", fresh);
}

/** How far the price has to go, in percent of it; null where that has no sense. */
export function distance(row) {
  const price = number(prices.get(row.source));
  const level = number(row.level);
  if (!row.way || row.is_spread || !(price > 0) || Number.isNaN(level)) return null;
  return ((row.way === "falling" ? price - level : level - price) / price) * 100;
}

/** Let go of what has been done for a minute. */
export function forgetDone() {
  const old = Date.now() - DONE_SHOWN_MS;
  const gone = [...rows.values()].filter((row) => row.is_done && row.doneAt < old);
  for (const row of gone) rows.delete(row.id);
  if (gone.length) tell("rows", gone.map((row) => row.id));
}
