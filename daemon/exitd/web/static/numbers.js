// Numbers for people. Prices stay the daemon's text; a number is for bars and pictures.

export const number = (text) => (text === undefined || text === null ? NaN : Number(text));

/** 97210.21 → 97,210.21, by the text alone: no digit is lost. */
export function grouped(text) {
  if (text === undefined || text === null) return "–";
  const [whole, rest] = String(text).split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? spaced : `${spaced}.${rest}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400)
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

export function age(ms) {
  if (ms === null || ms === undefined) return "no price";
  if (ms < 1000) return `${ms} ms`;
  return ms < 60000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms / 1000);
}

export function micros(us) {
  if (us < 1000) return `${Math.round(us)} µs`;
  return us < 1e6 ? `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`;
}

/** Microseconds of the epoch of an RFC 3339 instant with nine digits of the second. */
export function instantUs(instant) {
  const [whole, digits] = instant.split(".");
  return Date.parse(`${whole}Z`) * 1000 + Number(digits.slice(0, 6));
}

/** Local time of day of an RFC 3339 instant, to the millisecond. */
export function clock(instant) {
  const at = new Date(instant.replace(/(\.\d{3})\d*Z$/, "$1Z"));
  const text = at.toLocaleTimeString("en-GB");
  return `${text}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
