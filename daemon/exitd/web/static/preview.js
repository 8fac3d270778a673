// What would come of arming or amending, in the words of a plan, before it is sent.

import { el } from "./dom.js";
import { grouped } from "./numbers.js";

function orderWords(order) {
  if (!order.quantity) return order.notes.join("; ") || "nothing would be sent";
  const price = order.price ? ` at ${grouped(order.price)}` : "";
  const sent = `${order.side} ${grouped(order.quantity)} ${order.symbol}, ${order.order}${price}, reduce-only`;
  return [...order.notes, sent].join("; ");
}

function stateWords(trigger) {
  return trigger.state === "waiting" ? `waiting for ${trigger.waiting_for}` : trigger.state;
}

function awayWords(trigger) {
  if (trigger.distance_percent === null) return "";
  const price = `${trigger.price_kind} ${grouped(trigger.price)}`;
  return `${price}, ${trigger.distance_percent} % away from ${grouped(trigger.level)}`;
}

function one(preview) {
  const { trigger, differences } = preview;
  const changes = differences.map((each) => el("li", {}, `${each.key}: ${each.before || "none"} → ${each.after || "none"}`));
  const away = awayWords(trigger);
  return el("li", {},
    el("code", {}, preview.summary),
    changes.length ? el("ul", { class: "changes" }, ...changes) : null,
    away ? el("p", {}, away) : null,
    preview.fires_now ? el("p", { class: "wrong" }, "! it would fire now") : null,
    el("p", { class: "quiet" }, `It would be ${stateWords(trigger)}. Were it to fire now: ${orderWords(preview.order)}.`),
    el("details", {}, el("summary", {}, "In full"),
      el("ul", {}, ...preview.sentences.map((sentence) => el("li", {}, sentence)))));
}

/** Draw it; gives whether something of it would fire at once. */
export function drawPreview(node, found) {
  const isEmpty = found.previews.every((each) => !each.differences.length) && found.isChange;
  node.replaceChildren(
    el("h3", {}, "What it would do"),
    el("ul", { class: "previews" }, ...found.previews.map(one)),
    isEmpty ? el("p", {}, "Nothing changes but what a plan does not show.") : "",
    ...found.notes.map((note) => el("p", { class: "quiet" }, note)),
  );
  return found.previews.some((each) => each.fires_now);
}
