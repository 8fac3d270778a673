// The fields of one exit, new or there already, and what they ask for.

import { el, field } from "./dom.js";
import { hintOf, KINDS, wordsOf } from "./exit_words.js";

// What an exit always has: emptied, it is left as it is.
const NEVER_NONE = ["level", "trailing", "at_time", "max_hold", "close", "order"];

function text(name, value = "", hint = "") {
  return el("input", { name, value, placeholder: hint, autocomplete: "off", spellcheck: "false" });
}

function choice(name, choices, value = "") {
  const options = ["", ...choices].map((one) => el("option", { value: one, selected: one === value }, one || "as usual"));
  return el("select", { name }, ...options);
}

function inputOf(word, value = "") {
  if (word.isCheck) return el("input", { type: "checkbox", name: word.name, checked: value === "true" });
  if (word.choices) return choice(word.name, word.choices, value);
  return text(word.name, value, word.hint);
}

function valueOf(word, input) {
  return word.isCheck ? (input.checked ? "true" : "") : input.value.trim();
}

function wire(word, written) {
  if (word.isCheck) return written === "true";
  return word.read ? word.read(written) : written;
}

/** The further words of a kind, folded away until somebody wants them. */
function furtherOf(kind, written, isAmended) {
  const inputs = new Map();
  const groups = wordsOf(kind, isAmended).map(([about, words]) => {
    const fields = words.map((word) => {
      const input = inputOf(word, written[word.name]);
      inputs.set(word, input);
      return field(word.label, input);
    });
    return el("fieldset", {}, el("legend", {}, about), el("div", { class: "fields" }, ...fields));
  });
  const isUsed = Object.keys(written).some((name) => [...inputs.keys()].some((word) => word.name === name && name !== "note"));
  const node = el("details", { open: isUsed }, el("summary", {}, "More words"), ...groups);
  return { node, inputs };
}

/** A new exit; `body` gives what it asks for, `onGone` lets it go, `title` is to be filled. */
export function newExit(kind, { level = "", close = "100%", onGone } = {}) {
  const title = el("legend");
  const select = el("select", { name: "kind" },
    ...KINDS.map(([value, words]) => el("option", { value, selected: value === kind }, words)));
  const main = text("level", level, hintOf(kind));
  main.required = true;
  const size = text("close", close, "50%, 2.5, 500 USDC or rest");
  const place = el("div");
  let further = null;
  const follow = () => {
    further = furtherOf(select.value, {}, false);
    main.placeholder = hintOf(select.value);
    place.replaceChildren(further.node);
  };
  select.addEventListener("change", follow);
  follow();
  const gone = onGone ? el("button", { type: "button", class: "danger", onclick: onGone }, "Take it away") : null;
  const fields = el("div", { class: "fields" },
    field("Kind", select), field("Level or offset", main), field("Close", size));
  const node = el("fieldset", { class: "exit" }, title, fields, place, gone);
  const body = () => {
    const said = { [select.value]: main.value.trim() };
    const acts = [...further.inputs].find(([word]) => word.name === "do")?.[1].value;
    // What cancels or tells closes nothing.
    if (size.value.trim() && !["cancel", "notify"].includes(acts)) said.close = size.value.trim();
    for (const [word, input] of further.inputs) {
      const value = valueOf(word, input);
      if (value) said[word.name] = wire(word, value);
    }
    return said;
  };
  return { node, body, title };
}

const MAIN = { trailing: "Trail by", at_time: "Time", max_hold: "Held for" };

/** An exit that is there, in its own words; `body` gives what has changed. */
export function knownExit(kind, written, closes) {
  const name = kind in MAIN ? kind : "level";
  const main = text(name, written[name], hintOf(kind));
  main.required = true;
  const size = text("close", written.close, "50%, 2.5, 500 USDC or rest");
  const further = furtherOf(kind, written, true);
  const fields = el("div", { class: "fields" }, field(MAIN[kind] ?? "Level", main), closes ? field("Close", size) : null);
  const node = el("div", {}, fields, further.node);
  const body = () => {
    const said = {};
    const take = (key, before, value, read = (one) => one) => {
      if (value === (before ?? "")) return;
      if (value) said[key] = read(value);
      else if (key === "note") said[key] = "";
      else if (!NEVER_NONE.includes(key)) said[key] = null;
    };
    take(name, written[name], main.value.trim());
    if (closes) take("close", written.close, size.value.trim());
    for (const [word, input] of further.inputs)
      take(word.name, written[word.name], valueOf(word, input), (value) => wire(word, value));
    return said;
  };
  return { node, body };
}
