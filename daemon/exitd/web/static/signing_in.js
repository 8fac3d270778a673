// The token of this tab, asked for where the daemon wants one.

import { announce, byId, write } from "./dom.js";
import { now, on } from "./known.js";
import { ask, forgetToken, keepToken, token } from "./session.js";
import { again } from "./stream.js";

function label() {
  write(byId("sign-in"), token() ? "Token: set" : "Token");
}

/** Ask for a token; what is wrong with the last one can be said. */
export function signIn(why = "") {
  write(byId("token-wrong"), why);
  if (!byId("token").open) byId("token").showModal();
}

async function use() {
  const secret = byId("secret").value.trim();
  if (!secret) return write(byId("token-wrong"), "paste a token first");
  try {
    await ask("/v1/status", { secret });
  } catch (error) {
    return write(byId("token-wrong"), error.message);
  }
  keepToken(secret, byId("keep").checked);
  byId("secret").value = "";
  byId("token").close();
  announce("the token is set");
  label();
  // What is followed already goes on: on this machine it needs no token.
  if (!now.isUp) again();
}

export function start() {
  label();
  byId("sign-in").addEventListener("click", () => signIn());
  byId("token-use").addEventListener("click", use);
  byId("secret").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    use();
  });
  byId("token-forget").addEventListener("click", () => {
    forgetToken();
    label();
    byId("token").close();
    again();
  });
  on("link", (link) => {
    if (link.status === 401) signIn(token() ? "the token is not valid any more" : "");
  });
}
