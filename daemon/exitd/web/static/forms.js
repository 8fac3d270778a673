// Arming and amending: the few words that most exits need. The API takes all the others.

import { change } from "./acting.js";
import { byId, el } from "./dom.js";
import { now } from "./known.js";

const path = (id) => id.split("/").map(encodeURIComponent).join("/");

function field(label, input) {
  return el("label", {}, label, input);
}

function open(title, fields, word, send) {
  const dialog = byId("change");
  const wrong = el("p", { class: "wrong", role: "alert" });
  const go = async (event) => {
    event.preventDefault();
    if (await send(wrong)) dialog.close();
  };
  dialog.replaceChildren(
    el("form", { onsubmit: go },
      el("h2", { id: "change-title" }, title),
      ...fields,
      wrong,
      el("div", { class: "buttons" },
        el("button", { type: "submit", class: "main" }, word),
        el("button", { type: "button", onclick: () => dialog.close() }, "Close"))),
  );
  byId("explain").close();
  dialog.showModal();
}

const KINDS = [["stop_loss", "stop-loss at a price"], ["take_profit", "take-profit at a price"], ["trailing", "trailing stop, such as 2.5%"]];

/** Arm an exit of a position that is open. */
export function openArm() {
  const position = el("select", { name: "position", required: true },
    ...now.positions.map((one) => el("option", { value: one.key }, one.key)));
  const kind = el("select", { name: "kind" }, ...KINDS.map(([value, words]) => el("option", { value }, words)));
  const level = el("input", { name: "level", required: true, inputmode: "decimal", autocomplete: "off" });
  const close = el("input", { name: "close", value: "100%", required: true, autocomplete: "off" });
  open("Arm an exit", [
    now.positions.length ? "" : el("p", {}, "No position is open."),
    field("Position", position), field("Kind", kind), field("Level or offset", level),
    field("Close", close),
  ], "Arm it", (wrong) => {
    const one = now.positions.find((each) => each.key === position.value);
    if (!one) return false;
    const body = { account: one.account, symbol: one.symbol, side: one.side, close: close.value.trim(),
      [kind.value]: level.value.trim() };
    return change("it is armed", "/v1/triggers", { method: "POST", body }, wrong);
  });
}

/** Change the level of a trigger, or how far its trail is. */
export function openAmend(row) {
  const isTrail = row.kind === "trailing";
  const value = isTrail ? (row.asked ?? "") : (row.level ?? "");
  const level = el("input", { name: "level", required: true, value, autocomplete: "off" });
  const note = el("input", { name: "note", value: row.note ?? "", autocomplete: "off" });
  open(`Amend ${row.id}`, [field(isTrail ? "Trail by" : "Level", level), field("Note", note)], "Amend it",
    (wrong) => {
      const body = { [isTrail ? "trailing" : "level"]: level.value.trim() };
      if (note.value !== (row.note ?? "")) body.note = note.value;
      return change(`${row.id} is amended`, `/v1/triggers/${path(row.id)}`, { method: "PATCH", body }, wrong);
    });
}
