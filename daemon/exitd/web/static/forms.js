// Arming and amending exits of every kind: nothing is sent before it was previewed as it
// stands in the form.

import { change } from "./acting.js";
import { announce, byId, el, field, show, write } from "./dom.js";
import { knownExit, newExit } from "./exit_form.js";
import { now } from "./known.js";
import { drawPreview } from "./preview.js";
import { ask } from "./session.js";
import { signIn } from "./signing_in.js";

const path = (id) => id.split("/").map(encodeURIComponent).join("/");

const CROSSED = [["", "as the files say"], ["refuse", "refuse it"], ["wait", "let it wait"], ["fire", "let it fire"]];

function crossedChoice() {
  return el("select", { name: "if_crossed" }, ...CROSSED.map(([value, words]) => el("option", { value }, words)));
}

/** Open the dialog: `request` gives where and what to send, `previewAt` where to ask before. */
function open(title, fields, { verb, done, previewAt, request }) {
  const dialog = byId("change");
  const wrong = el("p", { class: "wrong", role: "alert" });
  const seen = el("div", { class: "preview", "aria-live": "polite" });
  const send = el("button", { type: "button", class: "main", hidden: true });
  const look = el("button", { type: "submit", class: "main" }, "Preview");
  // The preview is of what stands in the form, or it is none.
  const stale = () => {
    show(send, false);
    look.className = "main";
    seen.replaceChildren();
    write(wrong, "");
  };
  const preview = async (event) => {
    event.preventDefault();
    stale();
    try {
      const asked = request();
      const found = await ask(previewAt, { method: "POST", body: asked.body });
      const fires = drawPreview(seen, { ...found, isChange: asked.method === "PATCH" });
      write(send, fires ? `${verb}, and let it fire` : verb);
      send.className = fires ? "danger" : "main";
      look.className = "";
      show(send, true);
      send.focus();
    } catch (error) {
      if (error.status === 401) return signIn(error.message);
      write(wrong, error.message);
      announce(error.message);
    }
  };
  send.addEventListener("click", async () => {
    const { method, where, body } = request();
    send.disabled = true;
    if (await change(done, where, { method, body }, wrong)) dialog.close();
    send.disabled = false;
  });
  const form = el("form", { onsubmit: preview, oninput: stale, onchange: stale },
    el("h2", { id: "change-title" }, title), ...fields, seen, wrong,
    el("div", { class: "buttons" }, send, look,
      el("button", { type: "button", onclick: () => dialog.close() }, "Close")));
  dialog.replaceChildren(form);
  byId("explain").close();
  dialog.showModal();
  return { form, stale };
}

const OTHER = "another market";

/** Where the exits belong: a position that is open, or a market to wait for one in. */
function placeFields() {
  const position = el("select", { name: "position" },
    ...now.positions.map((one) => el("option", { value: one.key }, one.key)), el("option", { value: OTHER }, OTHER));
  const symbol = el("input", { name: "symbol", autocomplete: "off", placeholder: "SOL_USDC_PERP" });
  const account = el("input", { name: "account", autocomplete: "off", placeholder: "where there are several" });
  const side = el("select", { name: "side" }, ...["long", "short", ""].map((one) => el("option", { value: one }, one || "none: it closes nothing")));
  const other = el("div", { class: "fields" }, field("Symbol", symbol), field("Account", account), field("Side", side));
  const follow = () => {
    show(other, position.value === OTHER);
    symbol.required = position.value === OTHER;
  };
  position.addEventListener("change", follow);
  follow();
  const words = () => {
    const one = now.positions.find((each) => each.key === position.value);
    if (one) return { account: one.account, symbol: one.symbol, side: one.side };
    const said = { symbol: symbol.value.trim(), account: account.value.trim(), side: side.value };
    return Object.fromEntries(Object.entries(said).filter(([, value]) => value));
  };
  return { node: el("div", {}, field("Position", position), other), words };
}

const SETS = [
  ["one exit", [["stop_loss"]]],
  ["stop-loss and take-profit, one cancels the other", [["stop_loss"], ["take_profit"]]],
  ["stop-loss and a ladder of take-profits", [["stop_loss"], ["take_profit", "50%"], ["take_profit", "25%"], ["take_profit", "rest"]]],
];

/** Arm exits of a position, all or none. */
export function openArm() {
  const place = placeFields();
  const list = el("div", { class: "exits" });
  const exits = new Set();
  let opened = null;
  const number = () => [...exits].forEach((exit, index) => write(exit.title, `Exit ${index + 1}`));
  const add = ([kind, close = "100%"]) => {
    const exit = newExit(kind, { close, onGone: () => {
      if (exits.size < 2) return;
      exits.delete(exit);
      exit.node.remove();
      number();
      opened.stale();
    } });
    exits.add(exit);
    list.append(exit.node);
    number();
  };
  const set = el("select", { name: "set" }, ...SETS.map(([words], index) => el("option", { value: index }, words)));
  set.addEventListener("change", () => {
    exits.clear();
    list.replaceChildren();
    SETS[set.value][1].forEach(add);
  });
  add(["stop_loss"]);
  const more = el("button", { type: "button", onclick: () => {
    add(["take_profit"]);
    opened.stale();
  } }, "Add another exit");
  const crossed = crossedChoice();
  const waits = el("input", { type: "checkbox", name: "waits" });
  const request = () => {
    const where = place.words();
    const body = { triggers: [...exits].map((exit) => ({ ...where, ...exit.body() })) };
    if (crossed.value) body.if_crossed = crossed.value;
    if (waits.checked) body.if_no_position = "wait";
    return { method: "POST", where: "/v1/triggers", body };
  };
  opened = open("Arm exits", [place.node, field("What", set), list, more,
    field("A level that is crossed already", crossed),
    el("label", { class: "check" }, waits, "Without a position, wait for one"),
  ], { verb: "Arm it", done: "it is armed", previewAt: "/v1/preview", request });
}

/** Change a trigger that a command or the API made, in its own words. */
export async function openAmend(row, wrong) {
  let view = null;
  try {
    view = await ask(`/v1/triggers/${path(row.id)}`);
  } catch (error) {
    return write(wrong, error.message);
  }
  const exit = knownExit(view.trigger.kind, view.written, view.trigger.quantity !== null);
  const crossed = crossedChoice();
  const request = () => {
    const body = exit.body();
    if (!Object.keys(body).length) throw new Error("nothing is changed yet");
    if (crossed.value) body.if_crossed = crossed.value;
    return { method: "PATCH", where: `/v1/triggers/${path(row.id)}`, body };
  };
  open(`Amend ${row.id}`, [exit.node, field("A level that is crossed already", crossed)],
    { verb: "Amend it", done: `${row.id} is amended`, previewAt: `/v1/triggers/${path(row.id)}:preview`, request });
}
