// The Web API in front of local-slack 0.1.8: what it lacks is added, its answers are worded as Slack words them, every
// call is kept for tests, and in strict mode (LS_STRICT=1) it refuses what Slack refuses.

import { blockProblems, viewProblems } from "./block_kit.js";
import { metadata, originalId, renameView, screen } from "./payloads.js";

const STRICT = process.env.LS_STRICT === "1";
const TOKENS = (process.env.LS_TOKENS ?? "xoxb-test-token,xapp-test-token").split(",");
// Slack allows one message a second and channel, with short bursts. https://docs.slack.dev/apis/web-api/rate-limits
const BURST = Number(process.env.LS_BURST ?? 4);
const TRIGGER_MS = 1000 * Number(process.env.LS_TRIGGER_SECONDS ?? 3);
const KEPT = 20000;

export const calls = []; // every call of the bot: {time, method, arguments, status, answer}
const scheduled = new Map(), posted = new Map(), reactions = new Map(), triggers = new Map();
let lastScheduled = 0;

export const answer = (body, status = 200, headers = {}) => Response.json(body, { status, headers });
const refuse = (error, more = {}) => answer({ ok: false, error, ...more });

export function forgetCalls() {
  for (const { timer } of scheduled.values()) clearTimeout(timer);
  for (const kept of [scheduled, posted, reactions, triggers]) kept.clear();
  calls.length = 0;
}

export function triggerIssued(id) {
  if (id) triggers.set(id, Date.now());
}

async function argumentsOf(request) {
  const found = Object.fromEntries(new URL(request.url).searchParams), type = request.headers.get("content-type") ?? "";
  if (request.method !== "GET" && type.includes("multipart")) {
    for (const [key, value] of await request.clone().formData()) if (typeof value === "string") found[key] = value;
  } else if (request.method !== "GET") {
    const text = await request.clone().text();
    Object.assign(found, type.includes("json") ? JSON.parse(text || "{}") : Object.fromEntries(new URLSearchParams(text)));
  }
  for (const key of ["blocks", "view", "attachments", "metadata"]) if (typeof found[key] === "string" && found[key]) found[key] = JSON.parse(found[key]);
  return found;
}

function authorisation(method, token) {
  if (!token) return refuse("not_authed");
  if (!TOKENS.includes(token)) return refuse("invalid_auth");
  return (method === "apps.connections.open") !== token.startsWith("xapp-") ? refuse("not_allowed_token_type") : null;
}

function refuseMessage(method, args) {
  if (!args.text?.trim() && !args.blocks?.length && !args.attachments?.length) return refuse("no_text");
  if ((args.text ?? "").length > 40000) return refuse("msg_too_long");
  const messages = args.blocks ? blockProblems(args.blocks) : [];
  if (messages.length) return refuse("invalid_blocks", { response_metadata: { messages } });
  if (method !== "chat.postMessage") return null;
  const now = Date.now(), recent = (posted.get(args.channel) ?? []).filter((time) => now - time < BURST * 1000);
  if (recent.length >= BURST) return answer({ ok: false, error: "ratelimited" }, 429, { "Retry-After": "1" });
  posted.set(args.channel, [...recent, now]);
  return null;
}

function refuseView(method, args) {
  const messages = args.view ? viewProblems(args.view) : ["view required"];
  if (messages.length) return refuse("invalid_arguments", { response_metadata: { messages } });
  if (!/open|push/.test(method)) return null;
  const issued = triggers.get(args.trigger_id);
  triggers.set(args.trigger_id, "used");
  if (issued === "used") return refuse("exchanged_trigger_id");
  return issued && Date.now() - issued > TRIGGER_MS ? refuse("expired_trigger_id") : null;
}

function refuseReaction(method, token, args) {
  const key = [token, args.channel, args.timestamp, args.name].join(" "), adds = method === "reactions.add";
  if (adds === reactions.has(key)) return refuse(adds ? "already_reacted" : "no_reaction");
  adds ? reactions.set(key, true) : reactions.delete(key);
  return null;
}

function refusal(method, token, args) {
  const unauthorised = authorisation(method, token);
  if (unauthorised) return unauthorised;
  if (/^chat\.(postMessage|update|postEphemeral|scheduleMessage)$/.test(method)) return refuseMessage(method, args);
  if (/^views\./.test(method)) return refuseView(method, args);
  return /^reactions\.(add|remove)$/.test(method) ? refuseReaction(method, token, args) : null;
}

// Methods that local-slack does not know. Each takes the arguments and a way to call another method.
const ADDED = {
  "api.test": async () => answer({ ok: true }),
  "conversations.join": async (args, call) => answer(await call("conversations.info", { channel: args.channel })),
  "usergroups.list": async () => answer({ ok: true, usergroups: [] }),
  "chat.unfurl": async () => answer({ ok: true }),
  "reactions.get": async (args, call) => {
    const { messages = [] } = await call("conversations.replies", { channel: args.channel, ts: args.timestamp });
    const message = messages.find(({ ts }) => ts === args.timestamp);
    return message ? answer({ ok: true, type: "message", channel: args.channel, message }) : refuse("message_not_found");
  },
  "chat.scheduleMessage": async (args, call) => {
    const wait = args.post_at * 1000 - Date.now(), id = `Q${++lastScheduled}`;
    if (wait <= 0) return refuse("time_in_past");
    const timer = setTimeout(() => { scheduled.delete(id); call("chat.postMessage", args); }, wait);
    scheduled.set(id, { timer, shown: { id, channel_id: args.channel, post_at: Number(args.post_at), text: args.text } });
    return answer({ ok: true, scheduled_message_id: id, channel: args.channel, post_at: Number(args.post_at) });
  },
  "chat.deleteScheduledMessage": async (args) => {
    const found = scheduled.get(args.scheduled_message_id);
    if (!found) return refuse("invalid_scheduled_message_id");
    clearTimeout(found.timer);
    scheduled.delete(args.scheduled_message_id);
    return answer({ ok: true });
  },
  "chat.scheduledMessages.list": async () => answer({ ok: true, scheduled_messages: [...scheduled.values()].map(({ shown }) => shown) }),
};

const isTrue = (value) => value === true || value === "true" || value === "1";

function withinTime(message, { oldest, latest, inclusive }) {
  if (oldest && (isTrue(inclusive) ? message.ts < oldest : message.ts <= oldest)) return false;
  return !latest || (isTrue(inclusive) ? message.ts <= latest : message.ts < latest);
}

function correctMessages(messages, args) {
  return messages.filter((message) => message.subtype !== "ephemeral" && withinTime(message, args)).map((message) => {
    const kept = isTrue(args.include_all_metadata) && metadata.get(`${message.channel ?? args.channel}:${message.ts}`);
    return kept ? { ...message, metadata: kept } : message;
  });
}

function page(body, args) {
  const key = ["channels", "messages", "members"].find((name) => body[name]);
  if (!body.ok || !key) return body;
  const all = key === "messages" ? correctMessages(body[key], args) : body[key];
  const from = Number(args.cursor || 0), to = from + Math.min(Number(args.limit || 100), 1000), more = to < all.length;
  return { ...body, [key]: all.slice(from, to), has_more: more, response_metadata: { next_cursor: more ? String(to) : "" } };
}

const CORRECTED = [
  [/^(conversations\.(list|history|members|replies)|users\.(list|conversations))$/, page],
  [/^chat\.(postMessage|update)$/, (body, args) => {
    if (!body.ok || !args.metadata) return body;
    metadata.set(`${body.channel}:${body.ts}`, args.metadata);
    return { ...body, message: { ...body.message, metadata: args.metadata } };
  }],
  [/^views\.update$/, (body, args) => ({ ...body, view: renameView(body.view, originalId(args)) })],
];

// local-slack gives an updated view a new id; find the one it has now.
function currentView(args) {
  const view = screen.stack.find((open) => originalId({ view_id: open.id }) === args.view_id);
  return view ? { ...args, view_id: view.id } : args;
}

async function respond(method, request, args, token, pass) {
  const call = async (name, body) => (await pass(new Request(new URL(`/api/${name}`, request.url), {
    method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${token}` }, body: JSON.stringify(body) }))).json();
  const refused = STRICT && method !== "api.test" && refusal(method, token, args);
  if (refused) return refused;
  if (ADDED[method]) return ADDED[method](args, call);
  const correction = CORRECTED.find(([pattern]) => pattern.test(method))?.[1];
  if (!correction) return pass(request);
  // What is asked for by view id must be corrected with the id that the caller knows.
  return answer(correction(await call(method, method === "views.update" ? currentView(args) : args), args));
}

export async function webApi(method, request, pass) {
  let args = {};
  try { args = await argumentsOf(request); } catch { return refuse("invalid_json"); }
  const token = (request.headers.get("authorization") ?? "").replace(/^Bearer /, "") || args.token;
  delete args.token;
  const response = await respond(method, request, args, token, pass);
  const body = await response.clone().json().catch(() => ({}));
  calls.push({ time: Date.now() / 1000, method, arguments: args, status: response.status, answer: body });
  if (calls.length > KEPT) calls.shift();
  return response;
}
