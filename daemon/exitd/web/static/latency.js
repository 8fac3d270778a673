// How long it took from a hit until the order's bytes had left, in the last 24 hours.

import { byId, el, write } from "./dom.js";
import { on } from "./known.js";
import { micros } from "./numbers.js";
import { ask } from "./session.js";
import { colour } from "./theme.js";

const DAY_MS = 86_400_000;
const KEPT = 1000;
// Upper ends in µs, one bar each; the last has no end.
const ENDS = [250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 1_000_000, Infinity];
const taken = new Map();
let plot = null;

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function add(facts) {
  for (const fact of facts) {
    const us = Number(fact.fields.hit_to_sent_us);
    if (fact.event === "order.sent" && Number.isFinite(us)) taken.set(fact.seq, [Date.parse(fact.ts), us]);
  }
  while (taken.size > KEPT) taken.delete(taken.keys().next().value);
}

function counts() {
  const since = Date.now() - DAY_MS;
  const sorted = [...taken.values()].filter(([at]) => at >= since).map(([, us]) => us).sort((a, b) => a - b);
  const bars = ENDS.map(() => 0);
  for (const us of sorted) bars[ENDS.findIndex((end) => us <= end)] += 1;
  return { sorted, bars };
}

function draw() {
  const { sorted, bars } = counts();
  if (!sorted.length) return;
  const words = `p50 ${micros(quantile(sorted, 0.5))} · p99 ${micros(quantile(sorted, 0.99))} · ${sorted.length} closes in 24 h`;
  write(byId("latency-words"), words);
  plot?.destroy();
  const box = byId("latency");
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
  const labels = ENDS.map((end, index) => (end === Infinity ? "more" : index % 2 ? "" : micros(end)));
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
      series: [{}, { fill: colour("blue"), stroke: colour("blue"), paths: uPlot.paths.bars({ size: [0.8, 60] }), points: { show: false } }],
    },
    [ENDS.map((_, index) => index), bars],
    box,
  );
}

async function readPast() {
  // Where it does not answer, the header says so already.
  const told = await ask("/v1/facts?event=order.sent&limit=1000").catch(() => null);
  if (!told) return;
  add(told.facts.reverse());
  draw();
}

/** Bring the library in: it is a script that makes `uPlot`, and its style. */
export function load() {
  const place = (name) => new URL(`./vendor/${name}`, import.meta.url).href;
  document.head.append(el("link", { rel: "stylesheet", href: place("uplot.css") }));
  return new Promise((done, failed) =>
    document.head.append(el("script", { src: place("uplot.js"), onload: done, onerror: failed })));
}

export function start() {
  on("facts", (facts) => {
    const before = taken.size;
    add(facts);
    if (taken.size !== before) draw();
  });
  on("theme", draw);
  on("link", (link) => link.isUp && readPast());
  addEventListener("resize", draw);
  readPast();
}
