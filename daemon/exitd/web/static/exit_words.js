// The words of an exit, as the files and the API have them: what each is called, which
// kinds of exit have it, and how what a person writes becomes what the API takes.

/** Kinds: the word, what people call it, and an example of its value. */
export const KINDS = [
  ["stop_loss", "stop-loss", "131.25, -3% or -20% roi"],
  ["take_profit", "take-profit", "150, +12% or +500 pnl"],
  ["trailing", "trailing stop", "2.5% or 5"],
  ["below", "when the price is below", "120"],
  ["above", "when the price is above", "155"],
  ["at_time", "at a time", "23:30 Europe/Berlin"],
  ["max_hold", "after it was held for", "8h"],
];
const LEVELS = ["stop_loss", "take_profit", "below", "above"];
const STOPS = ["stop_loss", "below", "above"];
const PRICED = [...LEVELS, "trailing"];
const ALL = KINDS.map(([kind]) => kind);

/** `1% at +20%` → {to, at}. */
function tighten(written) {
  const [to, at] = written.split(/ at /);
  return { to: to.trim(), at: (at ?? "").trim() };
}

/** `5 every 30s` → {slices, every}. */
function twap(written) {
  const [slices, every] = written.split(/ every /);
  return { slices: Number(slices), every: (every ?? "").trim() };
}

/** `5s` or `5s, 10s`: at the limit, and at the wider one. */
function patience(written) {
  const parts = written.split(",").map((part) => part.trim());
  return parts.length === 1 ? parts[0] : parts;
}

const MOVE = /^(?:to +)?(.+?) +(after|at) +(.+?)(,? +without fees)?$/;

/** `entry after tp1`, `133 at +5%`, several of them with commas between. */
function moves(written) {
  return written.split(/, */).map((one) => {
    const found = MOVE.exec(one.trim());
    // What is not of that form is refused in the daemon's words.
    if (!found) return { to: one };
    const move = { [found[2]]: found[3], to: found[1] };
    return found[4] ? { ...move, fees: false } : move;
  });
}

const word = (name, label, hint, kinds, more = {}) => ({ name, label, hint, kinds, ...more });

/** Every further word, by what it is about. */
export const GROUPS = [
  ["Trail", [
    word("after", "Begin at", "150 or +5%", ["trailing"]),
    word("tighten", "Narrow it", "1% at +20%", ["trailing"], { read: tighten }),
    word("step", "Move by steps of", "0.5%", ["trailing"]),
    word("deviation", "From there on, trail by", "1%", ["take_profit"], { isFixed: true }),
  ]],
  ["Before it fires", [
    word("for", "Beyond the level for", "120s", LEVELS),
    word("prices", "So many prices in a row", "3", LEVELS, { read: Number }),
    word("emergency", "At once at", "128", LEVELS),
    word("missed", "Crossed while nobody watched", "", PRICED, { choices: ["alert", "fire"] }),
    word("calendar", "Sessions of", "XNYS", ["at_time"]),
  ]],
  ["Levels that follow the position", [
    word("moves", "Move it", "entry after tp1, 133 at +5%", ["stop_loss", "trailing"], { read: moves }),
    word("before_liquidation", "In front of the liquidation", "1%", ["stop_loss"]),
    word("entry", "When the entry changes", "", PRICED, { choices: ["follow", "keep"] }),
    word("leverage", "Leverage, for levels in roi", "5", PRICED),
  ]],
  ["How it closes", [
    word("order", "Order", "", ALL, { choices: ["market", "limit"] }),
    word("slippage_limit", "Slippage limit", "0.5%", ALL),
    word("patience", "Let it rest for", "5s or 5s, 10s", ALL, { read: patience }),
    word("hard", "Never beyond the limit", "", ALL, { isCheck: true }),
    word("twap", "In slices", "5 every 30s", ALL, { read: twap }),
    word("do", "What it does", "", STOPS, {
      choices: ["close", "cancel", "cancel_and_close", "notify"], isFixed: true }),
    word("orders", "Orders that it cancels", "all, limit or trigger", STOPS, { isFixed: true }),
  ]],
  ["Which price", [
    word("price", "Price", "", PRICED, {
      choices: ["mark", "index", "last", "last_close", "bid_ask"], isFixed: true }),
    word("candle", "Candles of", "15m", PRICED, { isFixed: true }),
    word("last_close", "Candles", "", PRICED, { choices: ["running", "closed"], isFixed: true }),
    word("watch", "Another market", "binance/BTCUSDT", PRICED, { isFixed: true }),
  ]],
  ["And", [
    word("expires", "Until", "8h or 2030-01-01T00:00:00Z", ALL),
    word("note", "Note", "", ALL),
  ]],
];

/** The words of one kind, in their groups; those that cannot be amended are left out. */
export function wordsOf(kind, isAmended) {
  return GROUPS.map(([about, words]) => [
    about,
    words.filter((one) => one.kinds.includes(kind) && !(isAmended && one.isFixed)),
  ]).filter(([, words]) => words.length);
}

export const hintOf = (kind) => KINDS.find(([one]) => one === kind)?.[2] ?? "";
