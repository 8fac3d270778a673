// The header: what is in force, whether it is well, and what happened last.

import { byId, show, write } from "./dom.js";
import { now, on } from "./known.js";
import { duration } from "./numbers.js";

let heardAt = 0;

function badge(id, words, tone = "") {
  const node = byId(id);
  write(node, words);
  show(node, Boolean(words));
  node.className = `badge ${tone}`;
}

function count(triggers, ...states) {
  return states.reduce((sum, state) => sum + (triggers[state] ?? 0), 0);
}

function showStatus(status) {
  heardAt = Date.now();
  document.documentElement.dataset.mode = status.mode;
  write(byId("banner"), status.banner);
  write(byId("version"), status.version);
  document.title = `${status.banner.split(",")[0]} · exitd`;
  const armed = count(status.triggers, "armed", "confirming");
  badge("armed", `${armed} armed`, armed ? "good" : "");
  const stale = status.feeds.filter((feed) => feed.is_stale).length;
  const feeds = `${status.feeds.length} feed${status.feeds.length === 1 ? "" : "s"}`;
  badge("feed-count", stale ? `${feeds}, ${stale} stale` : feeds, stale ? "bad" : "");
  showConfiguration(status.configuration);
  const holes = byId("unprotected");
  write(holes, status.unprotected.map((hole) => `Unprotected: ${hole}`).join(" · "));
  show(holes, status.unprotected.length > 0);
  tick();
}

function showConfiguration(files) {
  if (files.errors.length) badge("configuration", "files not valid", "bad");
  else if (files.held.length) badge("configuration", "files wait for exitd apply", "warn");
  else if (files.drift.length) badge("configuration", `${files.drift.length} paused by hand`, "warn");
  else if (files.restart_for.length) badge("configuration", "files need a restart", "warn");
  else badge("configuration", files.is_in_sync ? "files in force" : "no files", "");
  byId("configuration").title = [...files.errors, ...files.held, ...files.drift, ...files.restart_for].join("\n");
}

function showLastExit(fire) {
  if (!fire) return badge("last-exit", "no exit yet");
  const ago = (Date.now() - Date.parse(fire.ts_hit)) / 1000;
  badge("last-exit", `last exit ${duration(Math.max(0, ago))} ago`);
  byId("last-exit").title = `${fire.trigger_id}: ${fire.reason || "under way"}`;
}

function tick() {
  const status = now.status;
  if (!status) return;
  const since = Math.max(0, (Date.now() - heardAt) / 1000);
  badge("uptime", `up ${duration(status.uptime_s + (now.isUp ? since : 0))}`);
  showLastExit(status.last_exit);
  if (!now.isUp) return badge("ready", "not connected", "bad");
  badge("ready", status.is_ready ? "ready" : "not ready", status.is_ready ? "good" : "bad");
  byId("ready").title = status.reasons.join("\n");
}

function showLink(link) {
  now.isUp = link.isUp;
  const trouble = byId("trouble");
  show(trouble, !now.isUp);
  if (now.isUp) return;
  badge("ready", "not connected", "bad");
  const why = link.status === 401 ? "a valid token is needed" : link.why;
  write(trouble, `Not connected: ${why}. What is shown may be old.`);
}

export function start() {
  on("status", showStatus);
  on("link", showLink);
  setInterval(tick, 1000);
}
