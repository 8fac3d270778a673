// Elements, made without any HTML text: what the daemon says is never markup.

/** Make an element: el("li", {class: "x", onclick: f}, "text", child, …). */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

let fields = 0;

/** A field with its label, each by itself: what may be chosen is no part of its name. */
export function field(label, input) {
  input.id = `field-${++fields}`;
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input);
}

export const byId = (id) => document.getElementById(id);

/** Write text only where it differs: a screen reader need not hear the same again. */
export function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

let saidAt = 0;

/** Tell it to who cannot see it. */
export function announce(words) {
  const place = byId("said");
  const now = Date.now();
  // What comes at once is said together.
  place.textContent = now - saidAt < 1000 ? `${place.textContent}. ${words}` : words;
  saidAt = now;
}
