// What can be done with a trigger, and why it has or has not fired.
//
// Every change goes through the API with the token of this tab; what it refuses is said
// in its own words.

import { openArm, openAmend } from "./forms.js";
import { announce, byId, el, write } from "./dom.js";
import { rows } from "./known.js";
import { clock } from "./numbers.js";
import { ask, token } from "./session.js";
import { signIn } from "./signing_in.js";

const path = (id) => id.split("/").map(encodeURIComponent).join("/");
const NOT_NOW = ["firing", "working"];

/** Do it, and say what came of it; true where it was done. */
export async function change(words, where, options, wrong) {
  if (!token()) {
    signIn("a change needs a token");
    return false;
  }
  try {
    const said = await ask(where, options);
    announce([words, ...(said.notes ?? [])].join(". "));
    write(wrong, (said.notes ?? []).join(" "));
    return true;
  } catch (error) {
    if (error.status === 401) signIn(error.message);
    else {
      write(wrong, error.message);
      announce(error.message);
    }
    return false;
  }
}

/** The buttons of a row: what is seldom wanted is in its dialog. */
export function actsOn(row) {
  if (row.is_done || NOT_NOW.includes(row.state)) return [];
  const label = (word) => ({ type: "button", "aria-label": `${word} ${row.id}` });
  const act = row.is_paused ? "resume" : "pause";
  const word = row.is_paused ? "Resume" : "Pause";
  const quick = el("button", { ...label(word), onclick: (event) => {
    event.stopPropagation();
    explain(row.id, act);
  } }, word);
  const more = el("button", { ...label("Explain"), onclick: (event) => {
    event.stopPropagation();
    explain(row.id);
  } }, "Explain");
  return [quick, more];
}

function confirmed(act, row, wrong, box) {
  const what = { pause: "Pause", resume: "Resume", cancel: "Cancel" }[act];
  const warning = row.is_stop && act !== "resume"
    ? `${row.id} is a stop: without it this position may be unprotected.` : "";
  const options = act === "cancel" ? { method: "DELETE" } : { method: "POST" };
  const where = `/v1/triggers/${path(row.id)}${act === "cancel" ? "" : `:${act}`}`;
  const go = async () => {
    if (await change(`${row.id}: ${act} is done`, where, options, wrong)) box.replaceChildren();
  };
  const button = el("button", { type: "button", class: act === "resume" ? "main" : "danger", onclick: go }, `${what} it now`);
  box.replaceChildren(el("p", {}, `${what} ${row.id}? ${warning}`), button);
  button.focus();
}

/** Open the panel of a trigger; `act` is what a person is about to do. */
export async function explain(id, act = "") {
  const dialog = byId("explain");
  const row = rows.get(id);
  const said = el("ul", {}, el("li", {}, "asking …"));
  const happened = el("ol", { class: "events" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const box = el("div");
  const acts = [];
  const isOver = !row || row.is_done;
  const button = (word, run, style = "") =>
    acts.push(el("button", { type: "button", class: style, onclick: run }, word));
  if (!isOver && !NOT_NOW.includes(row.state)) {
    const turn = row.is_paused ? "resume" : "pause";
    button(row.is_paused ? "Resume" : "Pause", () => confirmed(turn, row, wrong, box));
    if (!row.file) {
      button("Amend", () => openAmend(row, wrong));
      button("Cancel", () => confirmed("cancel", row, wrong, box), "danger");
    }
  }
  const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const owned = row?.file ? el("p", { class: "quiet" }, `${row.file} owns it: change it there.`) : null;
  dialog.replaceChildren(
    el("h2", { id: "explain-title" }, id),
    said,
    owned ?? "",
    box,
    wrong,
    el("div", { class: "buttons" }, ...acts, close),
    el("details", {}, el("summary", {}, "What happened to it"), happened),
  );
  if (!dialog.open) dialog.showModal();
  if (act) confirmed(act, row, wrong, box);
  try {
    const view = await ask(`/v1/explain/${path(id)}`);
    said.replaceChildren(...view.sentences.map((words) => el("li", {}, words)));
    happened.replaceChildren(
      ...view.facts.map((fact) => el("li", {}, el("time", {}, clock(fact.ts)), el("b", {}, fact.event))),
    );
  } catch (error) {
    said.replaceChildren(el("li", { class: "wrong" }, error.message));
  }
}

export function start() {
  byId("arm").addEventListener("click", () => (token() ? openArm() : signIn("arming needs a token")));
}
