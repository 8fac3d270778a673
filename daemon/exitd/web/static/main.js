// Puts the page together: what is seen first, then what is drawn.

import * as acting from "./acting.js";
import * as events from "./events.js";
import * as feeds from "./feeds.js";
import * as header from "./header.js";
import { forgetDone, now, sampleAll } from "./known.js";
import * as setup from "./setup.js";
import * as signingIn from "./signing_in.js";
import { follow } from "./stream.js";
import * as theme from "./theme.js";
import * as triggers from "./triggers.js";

for (const part of [theme, header, triggers, feeds, events, setup, signingIn, acting])
  part.start();
setInterval(forgetDone, 5000);
setInterval(() => now.isUp && sampleAll(), 3000);
follow();

// They are large, and nothing waits for them.
const draw = async () => {
  const [chart, latency] = await Promise.all([import("./chart.js"), import("./latency.js")]);
  await latency.load();
  chart.start();
  latency.start();
};
draw();
