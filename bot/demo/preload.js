// Loaded into local-slack 0.1.8 before it starts (BUN_OPTIONS="--preload …/preload.js"); makes a server for one person
// on one machine out of it and closes the gap to Slack that a bot would notice.
// Always: loopback only, no calls from foreign web pages, what payloads.js and web_api.js correct.
// LS_STRICT=1: also Slack's refusals, and events redelivered (LS_REDELIVER="0,1,2" seconds) or kept while the bot is away.
// POST /_inject {type, payload[, retry_attempt]} sends any envelope and answers with its acknowledgement; "$TRIGGER" and
//   "$RESPONSE_URL" inside become fresh, working ones of payload.user in payload.channel.
// POST /_socket {"close": code|true} cuts the bot's connections, {"disconnect": reason} asks it to reconnect.
// GET /_calls: Web API calls. GET /_deliveries: attempts, waiting, lost, pending. GET /_screen: modals, Home tabs, connections.

import { fixPage } from "./browser_fixes.js";
import { acknowledged, countPending, deliver, deliverEvent, deliveries, forgetDeliveries, lost, socketClosed, socketOpened, sockets, waiting } from "./delivery.js";
import { correct, expectUpdate, follow, forgetPayloads, rememberChoice, rememberTouched, renameView, screen } from "./payloads.js";
import { answer, calls, forgetCalls, triggerIssued, webApi } from "./web_api.js";

const STRICT = process.env.LS_STRICT === "1";
const serve = Bun.serve, uses = new Map();
const RESPONSE_URL_USES = 5;
// A command that never reaches the bot: it makes local-slack issue a trigger and a response address.
const MINT = "/local-slack-mint";
const TROUBLE = "We had some trouble connecting. Try again?";
let minted, server, inner, websocket, ready = false;

const pass = (request) => inner.call(server, request, server);
const post = (path, body) => pass(new Request(new URL(path, server.url), {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }));
const tellServer = (message) => websocket.message(hub, JSON.stringify(message));

// The one connection that local-slack itself sees at all times; it hands everything on to the bot's real ones.
const hub = { data: { kind: "socket" }, close() {}, send(raw) { const message = JSON.parse(raw); if (message.envelope_id) route(message); } };
const viewer = { data: { kind: "ui" }, close() {}, send(raw) { follow(JSON.parse(raw)); } };

async function route(envelope) {
  await null; // local-slack expects an acknowledgement only after its send has returned
  const { envelope_id: id, type, payload } = envelope;
  if (payload.command === MINT) { minted = payload; return void tellServer({ envelope_id: id }); }
  if (type === "events_api") { tellServer({ envelope_id: id }); return deliverEvent(envelope); }
  correct(envelope);
  triggerIssued(payload.trigger_id);
  const outcome = await deliver(envelope);
  tellServer({ envelope_id: id, payload: reply(type, payload, outcome) });
}

function reply(type, payload, { acked, payload: body }) {
  if (payload.type === "view_submission") {
    if (!acked) return { response_action: "errors", errors: { [payload.view.blocks?.[0]?.block_id ?? "form"]: TROUBLE } };
    if (body?.response_action === "update") expectUpdate(payload.view.id);
  }
  return type === "slash_commands" && body ? { response_type: "ephemeral", ...body } : body;
}

async function inject(body) {
  const { user, channel } = body.payload ?? {}, known = await (await pass(new Request(new URL("/_control/state", server.url)))).json();
  const person = user?.id ?? body.payload?.user_id ?? known.users.find((one) => !one.is_bot).id;
  await post("/_control/command", { user: person, channel: channel?.id ?? body.payload?.channel_id ?? known.channels[0].id, command: MINT });
  const text = JSON.stringify(body.payload).replaceAll("$TRIGGER", minted.trigger_id).replaceAll("$RESPONSE_URL", minted.response_url);
  triggerIssued(minted.trigger_id);
  const retry = body.retry_attempt ? { retry_attempt: body.retry_attempt, retry_reason: "timeout" } : {};
  const type = body.type ?? "interactive", payload = JSON.parse(text);
  const outcome = await deliver({ envelope_id: crypto.randomUUID(), type, payload, accepts_response_payload: type !== "events_api", ...retry });
  return answer({ ok: true, acked: outcome.acked, ack: outcome.payload ?? null, ms: outcome.ms, reason: outcome.reason });
}

function disturb(body) {
  const count = sockets.size;
  for (const [socket, send] of [...sockets]) {
    if (body.disconnect) send(JSON.stringify({ type: "disconnect", reason: body.disconnect }));
    else socket.close(typeof body.close === "number" ? body.close : 1000);
  }
  return answer({ ok: true, sockets: count });
}

const SHOWN = {
  "/_calls": () => ({ calls }),
  "/_deliveries": () => ({ deliveries, waiting: waiting.map(([envelope]) => envelope.payload), lost, pending: countPending() }),
  "/_screen": () => ({ modals: screen.stack.map((view) => renameView(view)), homes: screen.homes, sockets: sockets.size, ready, pid: process.pid }),
};

async function control(request, path) {
  if (request.method === "GET") return SHOWN[path] ? answer(SHOWN[path]()) : pass(request);
  if (path === "/_inject") return inject(await request.json());
  if (path === "/_socket") return disturb(await request.json());
  if (path === "/_control/interact") rememberChoice(await request.clone().json());
  if (path === "/_control/reset") for (const forget of [forgetPayloads, forgetCalls, forgetDeliveries]) forget();
  return pass(request);
}

async function responseUrl(request, path) {
  const body = await request.json().catch(() => ({})), used = (uses.get(path) ?? 0) + 1;
  uses.set(path, used);
  calls.push({ time: Date.now() / 1000, method: "response_url", arguments: body, status: 200, answer: {} });
  if (STRICT && used > RESPONSE_URL_USES) return answer({ ok: false, error: "used_url" }, 404);
  if (!body.replace_original && !body.delete_original) body.response_type ??= "ephemeral";
  return post(path, body);
}

async function page(request) {
  const response = await pass(request);
  if (!response.headers.get("content-type")?.includes("text/html")) return response;
  return new Response(fixPage(await response.text()), { headers: { "content-type": "text/html; charset=utf-8" } });
}

// A page of another origin, or one that rebinds its name to 127.0.0.1, must not reach a server without a password.
function isForeign(request) {
  const host = request.headers.get("host") ?? "", origin = request.headers.get("origin");
  return !/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) || (origin !== null && origin !== `http://${host}`);
}

function answerRequest(request) {
  if (isForeign(request)) return new Response("only for this machine", { status: 403 });
  const path = new URL(request.url).pathname, method = path.match(/^\/api\/([\w.]+)$/)?.[1];
  if (method) return webApi(method, request, pass);
  if (path.startsWith("/_hooks/response/") && request.method === "POST") return responseUrl(request, path);
  if (/^\/_(control|inject|socket|calls|deliveries|screen)\b/.test(path)) return control(request, path);
  return path === "/" || path.startsWith("/archives/") ? page(request) : pass(request);
}

// What the server sends to a bot's connection itself is only its hello; envelopes come from the hub.
function onlyHello(send, raw) {
  const message = JSON.parse(raw);
  return message.envelope_id ? 0 : send(JSON.stringify({ ...message, num_connections: sockets.size }));
}

// The hub is no bot: tell the page whether a real one is connected.
function tellConnected(send, raw) {
  const message = JSON.parse(raw), connected = sockets.size > 0;
  if (message.t === "socket_status") message.connected = connected;
  for (const app of message.state?.apps ?? []) app.connected = connected;
  return send(JSON.stringify(message));
}

function opened(socket) {
  const send = socket.send.bind(socket);
  if (socket.data.kind === "ui") socket.send = (raw) => tellConnected(send, raw);
  else { socket.send = (raw) => onlyHello(send, raw); socketOpened(socket, send); }
  return websocket.open(socket);
}

function received(socket, raw) {
  const text = typeof raw === "string" ? raw : raw.toString();
  let message = {};
  try { message = JSON.parse(text); } catch { return; }
  if (socket.data.kind === "socket") return acknowledged(message);
  if (message.t === "view_submit") rememberTouched(message.values);
  return websocket.message(socket, text);
}

function closed(socket, ...rest) {
  socketClosed(socket);
  return websocket.close(socket, ...rest);
}

async function connectHub() {
  const { url } = await (await post("/api/apps.connections.open", {})).json();
  websocket.open(Object.assign(hub, { data: { kind: "socket", connId: url.split("/").at(-1) } }));
  websocket.open(viewer);
  ready = true;
}

// Whoever started this server may be killed; it must not stay behind.
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.exit(0); }, 1000).unref();

Bun.serve = (options) => {
  inner = options.fetch;
  websocket = options.websocket;
  const handlers = { ...websocket, open: opened, message: received, close: closed };
  server = serve.call(Bun, { ...options, hostname: "127.0.0.1", websocket: handlers,
    fetch: (request, running) => (/^\/(ui$|socket\/)/.test(new URL(request.url).pathname) && !isForeign(request)
      ? inner.call(running, request, running) : answerRequest(request)) });
  connectHub();
  return server;
};
