// The token, and asking the daemon with it.
//
// It lives in this tab, or on this device where a person said so, and goes into the
// Authorization header alone: no cookie, so no other page can act by it.

const NAME = "exitd.token";

export function token() {
  return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME) ?? "";
}

export function keepToken(secret, isKept) {
  forgetToken();
  (isKept ? localStorage : sessionStorage).setItem(NAME, secret);
}

export function forgetToken() {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
}

function headers(secret) {
  return secret ? { Authorization: `Bearer ${secret}` } : {};
}

/** Ask; gives the answer's JSON, or throws an Error with the daemon's own sentence. */
export async function ask(path, { method = "GET", body, secret = token() } = {}) {
  const options = { method, headers: headers(secret), credentials: "omit" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(path, options);
  const said = await answer.json();
  if (answer.ok) return said;
  const error = new Error([said.detail ?? said.title, said.remedy].filter(Boolean).join("; "));
  error.status = answer.status;
  throw error;
}

/** Open the stream; throws as `ask` does. */
export async function open(path, signal) {
  const options = { headers: headers(token()), credentials: "omit", signal };
  const answer = await fetch(path, options);
  if (answer.ok) return answer.body;
  const said = await answer.json();
  const error = new Error(said.detail ?? said.title);
  error.status = answer.status;
  throw error;
}
