// The watched prices: how old each is, and the last five minutes of it.

import { byId, el, write } from "./dom.js";
import { history, on } from "./known.js";
import { age, grouped } from "./numbers.js";

const SHOWN_S = 300;
const lines = new Map();

function svg(name, attributes, ...children) {
  const made = document.createElementNS(byId("space").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function make(feed) {
  const path = svg("path", { d: "" });
  const spark = svg("svg", { viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" }, path);
  const parts = { age: el("span"), price: el("span", { class: "quiet" }), path, word: el("span", { class: "visually-hidden" }) };
  const dot = el("span", { class: "dot", "aria-hidden": "true" });
  const name = el("span", { class: "name" }, `${feed.symbol} ${feed.price_kind}`, parts.word,
    el("small", {}, feed.account));
  return { ...parts, line: el("li", { title: feed.source }, dot, name, parts.age, parts.price, spark) };
}

function spark(source) {
  const since = Date.now() / 1000 - SHOWN_S;
  const taken = (history.get(source) ?? []).filter(([seconds]) => seconds >= since);
  if (taken.length < 2) return "";
  const all = taken.map(([, price]) => price);
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const point = ([seconds, price]) =>
    `${(((seconds - since) / SHOWN_S) * 100).toFixed(1)} ${(18 - ((price - low) / span) * 16).toFixed(1)}`;
  return `M${taken.map(point).join("L")}`;
}

function draw(feeds) {
  const list = byId("feeds");
  const known = new Set(feeds.map((feed) => feed.source));
  for (const [source, one] of lines) {
    if (known.has(source)) continue;
    one.line.remove();
    lines.delete(source);
  }
  for (const feed of feeds) {
    if (!lines.has(feed.source)) {
      const made = make(feed);
      lines.set(feed.source, made);
      list.append(made.line);
    }
    const one = lines.get(feed.source);
    one.line.className = feed.is_stale ? "stale" : feed.is_asked ? "asked" : "";
    write(one.word, feed.is_stale ? ", stale" : feed.is_asked ? ", asked by REST" : "");
    write(one.age, age(feed.age_ms));
    write(one.price, `${grouped(feed.price)} · ${feed.triggers} trigger${feed.triggers === 1 ? "" : "s"}`);
    one.path.setAttribute("d", spark(feed.source));
  }
}

export function start() {
  on("status", (status) => draw(status.feeds));
}
