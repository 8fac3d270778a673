// What a front-end of SYMMIO does with the Rasa-compatible API, in JavaScript with the
// libraries that front-ends use: log in with a wallet, set a take-profit and a stop,
// read them, take one away, watch the other fire, and find the quote closed on chain.
//
//   node client.mjs '{"api": "http://…", "node": "http://…", …}'
//
// One line per step on stdout. `ready for PRICE` asks whoever started it to let the price
// come there, `ready to be filled` to fill the close. The first thing that is not as it
// has to be ends it with status 1.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import { SiweMessage } from "siwe";
import WebSocket from "ws";

const world = JSON.parse(process.argv[2]);
const HEAD = { "App-Name": "Cloverfield", Accept: "application/json" };
const DEADLINE_MS = 30_000;
const CLOSED = 7n;
const ROW = [
  ...["quote_id", "party_a_address", "symbol_id", "conditional_order_type"],
  ...["quantity", "price", "conditional_order_price", "order_type", "state"],
  ...["action_price_type", "position_type"],
];

const say = (line) => console.log(line);

async function ask(method, path, { token, body } = {}) {
  const headers = { ...HEAD };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(new URL(path, world.api), {
    method,
    headers,
    body: body && JSON.stringify(body),
    redirect: "error",
  });
  return { status: answer.status, json: await answer.json() };
}

async function good(method, path, options) {
  const { status, json } = await ask(method, path, options);
  assert.equal(status, 200, `${method} ${path}: ${status} ${JSON.stringify(json)}`);
  return json;
}

async function until(what, holds) {
  const ends = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await holds();
    if (found) return found;
    assert.ok(Date.now() < ends, `${what}: not within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// The body carries no message: the server has to rebuild what was signed.
async function logIn(wallet) {
  const { nonce } = await good("GET", `nonce/${world.account}`);
  const issued = Date.now();
  const message = new SiweMessage({
    domain: world.domain,
    address: wallet.address,
    statement: `msg: ${world.account}`,
    uri: `${world.login_url}/login`,
    version: "1",
    chainId: world.chain_id,
    nonce,
    issuedAt: new Date(issued).toISOString(),
    expirationTime: new Date(issued + 3_600_000).toISOString(),
  });
  return ask("POST", "login", {
    body: {
      account_address: world.account,
      expiration_time: message.expirationTime,
      issued_at: message.issuedAt,
      signature: await wallet.signMessage(message.prepareMessage()),
      nonce,
    },
  });
}

function order(kind, level, price) {
  return {
    quantity: world.quantity,
    price,
    conditional_price: level,
    conditional_price_type: "market",
    order_type: 1,
    position_type: 0,
    conditional_order_type: kind,
    leverage: 1,
  };
}

function placement(...orders) {
  return {
    account_address: world.account,
    quote_id: world.quote_id,
    conditional_orders: orders,
    symbol_id: world.symbol_id,
    multi_account_address: world.multi_account,
    hedger_whitelist: [world.solver],
  };
}

// Resolves to the reports, once the subscription is answered.
function watch(token) {
  const reports = [];
  const socket = new WebSocket(new URL("ws/v1/subscribe", world.api.replace("http", "ws")), {
    headers: { ...HEAD, Authorization: `Bearer ${token}` },
  });
  const pattern = {
    app_name: "Cloverfield",
    address: world.account,
    primary_identifier: "*",
    secondary_identifier: "*",
  };
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send(JSON.stringify({ channel_patterns: [pattern] })));
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      if (frame.type === "subscribed") resolve({ reports, socket });
      if (frame.type === "report") reports.push(frame);
    });
  });
}

function checkRow(row, kind, level, price) {
  assert.deepEqual(Object.keys(row), ROW);
  assert.deepEqual(row, {
    quote_id: world.quote_id,
    party_a_address: world.account,
    symbol_id: world.symbol_id,
    conditional_order_type: kind,
    quantity: Number(world.quantity),
    price,
    conditional_order_price: level,
    order_type: 1,
    state: "new",
    action_price_type: "market",
    position_type: 0,
  });
}

const wallet = new Wallet(world.owner_key);
const stranger = await logIn(Wallet.createRandom());
assert.equal(stranger.status, 401);
assert.equal(typeof stranger.json.error_code, "number");
say("ok   a stranger's wallet is refused");

const { status, json } = await logIn(wallet);
assert.equal(status, 200, JSON.stringify(json));
const token = json.access_token;
say("ok   login");

const path = `api/v4/${world.quote_id}`;
assert.equal((await ask("GET", `${path}/`)).status, 401);
const { reports, socket } = await watch(token);
say("ok   watching");

const target = order("take_profit", world.target, world.target_price);
const stop = order("stop_loss", world.stop, world.stop_price);
const placed = await good("POST", "api/v4/", { token, body: placement(target, stop) });
assert.equal(placed.successful, true);
const rows = await good("GET", `${path}/`, { token });
assert.equal(rows.length, 2);
checkRow(rows[0], "take_profit", Number(world.target), Number(world.target_price));
checkRow(rows[1], "stop_loss", Number(world.stop), Number(world.stop_price));
say("ok   a take-profit and a stop are set and read");

const beyond = { ...stop, quantity: `${Number(world.quantity) + 1}` };
const refused = await ask("POST", "api/v4/", { token, body: placement(beyond) });
assert.equal(refused.status, 422);
assert.deepEqual(refused.json.error_detail[0], "quantity_above_open");
assert.equal((await good("GET", `${path}/`, { token })).length, 2);
say("ok   more than is open is refused, and changes nothing");

const removed = await good("DELETE", `${path}/take_profit`, { token });
assert.equal(removed.successful, true);
const left = await good("GET", `${path}/`, { token });
assert.deepEqual(left.map((row) => row.conditional_order_type), ["stop_loss"]);
say("ok   the take-profit is taken away");

say(`ready for ${world.stop}`);
await until("the close", async () => {
  const [row] = await good("GET", `${path}/`, { token });
  return row.state === "triggered";
});
say("ok   the stop has fired, and its close is asked for on chain");
say("ready to be filled");
await until("its end", async () => (await good("GET", `${path}/`, { token })).length === 0);
const found = await good("POST", "api/v4/search/", { token, body: { state: ["triggered"] } });
assert.equal(found.count, 1);
assert.equal(found.data[0].conditional_order_type, "stop_loss");
say("ok   it is filled");

const { trading } = JSON.parse(readFileSync(world.contracts, "utf8"));
const node = new JsonRpcProvider(world.node, world.chain_id, {
  staticNetwork: true,
  batchMaxCount: 1,
});
const quote = await new Contract(world.symmio, trading.abi, node).getQuote(world.quote_id);
assert.equal(quote.quoteStatus, CLOSED);
say("ok   the quote is closed on chain");

const told = () => reports.map(({ data }) => `${data.conditional_order_type} ${data.state}`);
await until("the last report", async () => told().at(-1) === "stop_loss close");
assert.deepEqual(told(), [
  ...["take_profit new", "stop_loss new", "take_profit canceled"],
  ...["stop_loss trigger", "stop_loss triggered", "stop_loss close"],
]);
say("ok   every step was reported");
socket.close();
node.destroy();
