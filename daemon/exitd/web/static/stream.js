// Server-sent events over fetch, since EventSource cannot send a token.

import { tell, take } from "./known.js";
import { open } from "./session.js";

const WAITS_MS = [500, 1000, 2000, 5000, 10_000];
// The daemon says something every 15 s at the latest.
const SILENCE_MS = 25_000;

let under_way = null;
let wake = () => {};

/** Follow the daemon until the page is closed; begins anew after each loss. */
export async function follow() {
  let lost = 0;
  for (;;) {
    under_way = new AbortController();
    try {
      const body = await open("/v1/stream", under_way.signal);
      tell("link", { isUp: true });
      await read(body, under_way, () => (lost = 0));
      tell("link", { isUp: false, why: "the daemon ended the stream" });
    } catch (error) {
      tell("link", { isUp: false, why: error.message, status: error.status });
    }
    const wait = WAITS_MS[Math.min(lost++, WAITS_MS.length - 1)];
    await new Promise((done) => {
      wake = done;
      setTimeout(done, wait);
    });
  }
}

/** Begin anew, as with another token. */
export function again() {
  under_way?.abort();
  wake();
}

async function read(body, controller, onMessage) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let silence;
  const wait = () => {
    clearTimeout(silence);
    silence = setTimeout(() => controller.abort(), SILENCE_MS);
  };
  wait();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      wait();
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        if (!part.startsWith("data: ")) continue;
        take(JSON.parse(part.slice(6)));
        onMessage();
      }
    }
  } finally {
    clearTimeout(silence);
  }
}
