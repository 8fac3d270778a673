// How long closes took in the last 24 hours: from a hit until the order's bytes had left,
// and from then until the venue's first answer.

import { byId, el, write } from "./dom.js";
import { on } from "./known.js";
import { instantUs, micros } from "./numbers.js";
import { ask } from "./session.js";
import { colour } from "./theme.js";

const DAY_US = 86_400_000_000;
const KEPT = 1000;
// Upper ends in µs, two bars each; the last has no end.
const ENDS = [250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 1_000_000, Infinity];
const ANSWERS = ["order.acked", "order.partially_filled", "order.filled", "order.refused"];
/** By attempt: [when, how long in µs], from hit to sent and from sent to the answer. */
const left = new Map();
const answered = new Map();
const sentAt = new Map();
let plot = null;

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function keep(taken, key, value) {
  taken.set(key, value);
  while (taken.size > KEPT) taken.delete(taken.keys().next().value);
}

/** Take in facts, the oldest first; true where a time came of it. */
function add(facts) {
  let isNew = false;
  for (const fact of facts) {
    const key = `${fact.fire_id} ${fact.fields.attempt}`;
    const at = instantUs(fact.ts);
    if (fact.event === "order.sent") {
      const us = Number(fact.fields.hit_to_sent_us);
      if (Number.isFinite(us)) keep(left, key, [at, us]);
      keep(sentAt, key, at);
      isNew = true;
    } else if (ANSWERS.includes(fact.event) && sentAt.has(key) && !answered.has(key)) {
      keep(answered, key, [at, at - sentAt.get(key)]);
      isNew = true;
    }
  }
  return isNew;
}

function counted(taken) {
  const since = Date.now() * 1000 - DAY_US;
  const sorted = [...taken.values()].filter(([at]) => at >= since).map(([, us]) => us).sort((a, b) => a - b);
  const bars = ENDS.map(() => 0);
  for (const us of sorted) bars[ENDS.findIndex((end) => us <= end)] += 1;
  return { sorted, bars };
}

function summed(name, { sorted }) {
  if (!sorted.length) return `${name}: none yet`;
  return `${name}: p50 ${micros(quantile(sorted, 0.5))} · p99 ${micros(quantile(sorted, 0.99))}`;
}

function draw() {
  const out = counted(left);
  const back = counted(answered);
  if (!out.sorted.length) return;
  write(byId("latency-sent"), summed("hit to sent", out));
  write(byId("latency-answered"), summed("sent to answer", back));
  write(byId("latency-words"), `${out.sorted.length} close${out.sorted.length === 1 ? "" : "s"} in 24 h`);
  plot?.destroy();
  const box = byId("latency");
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
  const labels = ENDS.map((end, index) => (end === Infinity ? "more" : index % 2 ? "" : micros(end)));
  // Beside one another: what left to the left of its place, what came back to the right.
  const bars = (hue, align) => ({
    fill: colour(hue), stroke: colour(hue), points: { show: false },
    paths: uPlot.paths.bars({ size: [0.4, 30], align }),
  });
  plot = new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-0.6, ENDS.length - 0.4] }, y: { range: (_, __, most) => [0, Math.max(1, most)] } },
      axes: [
        { ...axis, splits: () => ENDS.map((_, index) => index), values: () => labels, rotate: -45, size: 55 },
        { ...axis, size: 32, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      ],
      series: [{}, bars("blue", -1), bars("amber", 1)],
    },
    [ENDS.map((_, index) => index), out.bars, back.bars],
    box,
  );
}

async function readPast() {
  // Where it does not answer, the header says so already.
  const read = (event) => ask(`/v1/facts?event=${event}&limit=500`).catch(() => ({ facts: [] }));
  const found = await Promise.all(["order.sent", ...ANSWERS].map(read));
  const facts = found.flatMap((each) => each.facts).sort((a, b) => a.seq - b.seq);
  if (add(facts)) draw();
}

/** Bring the library in: it is a script that makes `uPlot`, and its style. */
export function load() {
  const place = (name) => new URL(`./vendor/${name}`, import.meta.url).href;
  document.head.append(el("link", { rel: "stylesheet", href: place("uplot.css") }));
  return new Promise((done, failed) =>
    document.head.append(el("script", { src: place("uplot.js"), onload: done, onerror: failed })));
}

export function start() {
  on("facts", (facts) => add(facts) && draw());
  on("theme", draw);
  on("link", (link) => link.isUp && readPast());
  addEventListener("resize", draw);
  readPast();
}
