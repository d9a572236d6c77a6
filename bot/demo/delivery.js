// How envelopes reach the bot: each to one connection, events again until they are acknowledged, and none lost while
// the bot is away (strict only). local-slack itself sends each envelope to every connection once and forgets it.

const STRICT = process.env.LS_STRICT === "1";
const REDELIVER_S = (process.env.LS_REDELIVER ?? (STRICT ? "0,1,2" : "")).split(",").filter(Boolean).map(Number);
// Slack waits three seconds for an acknowledgement. https://docs.slack.dev/apis/events-api/#retries
const ACKNOWLEDGE_MS = 1000 * Number(process.env.LS_ACK_TIMEOUT ?? 3);
const KEPT = 5000;

export const sockets = new Map(); // connection of the bot -> its own, unwrapped send
export const deliveries = []; // every attempt: what, when, whether and how fast it was acknowledged, with what
export const waiting = []; // events that came while the bot was not connected
export const lost = []; // events given up after the last attempt
const pending = new Map(); // envelope id -> who waits for its acknowledgement
let turn = 0;

export function forgetDeliveries() {
  for (const list of [deliveries, waiting, lost]) list.length = 0;
}

// How many envelopes wait for their first acknowledgement; one that is sent again is known to be late.
export function countPending() {
  return [...pending.values()].filter(({ isFirst }) => isFirst).length;
}

// Send to one connection, in turn; resolves to {acked, payload, ms, reason}, never rejects.
export async function deliver(envelope) {
  const open = [...sockets.keys()], started = performance.now();
  const socket = open[turn++ % Math.max(open.length, 1)];
  const outcome = socket ? await sendAndWait(socket, envelope) : { acked: false, reason: "no socket connected" };
  outcome.ms = Math.round(performance.now() - started);
  deliveries.push({ time: Date.now() / 1000, type: envelope.type, name: nameOf(envelope), event_id: envelope.payload?.event_id,
    retry_attempt: envelope.retry_attempt ?? 0, ...outcome });
  if (deliveries.length > KEPT) deliveries.shift();
  return outcome;
}

function sendAndWait(socket, envelope) {
  return new Promise((resolve) => {
    const finish = (outcome) => { clearTimeout(timer); pending.delete(envelope.envelope_id); resolve(outcome); };
    const timer = setTimeout(() => finish({ acked: false, reason: "timeout" }), ACKNOWLEDGE_MS);
    pending.set(envelope.envelope_id, { socket, finish, isFirst: !envelope.retry_attempt });
    sockets.get(socket)(JSON.stringify(envelope));
  });
}

function nameOf({ payload = {} }) {
  return payload.event?.type ?? payload.command ?? payload.actions?.[0]?.action_id ?? payload.view?.callback_id ?? payload.callback_id ?? payload.type;
}

// Deliver an event until it is acknowledged; attempts later than the first bear a new envelope id, as Slack's do.
export async function deliverEvent(envelope, attempt = 0) {
  if (!sockets.size) return void (STRICT ? waiting.push([envelope, attempt]) : lost.push(envelope.payload?.event_id));
  const retry = { retry_attempt: attempt, retry_reason: attempt ? "timeout" : "" };
  const outcome = await deliver({ ...envelope, envelope_id: attempt ? crypto.randomUUID() : envelope.envelope_id, ...retry });
  if (outcome.acked) return;
  if (attempt >= REDELIVER_S.length) return void lost.push(envelope.payload?.event_id);
  setTimeout(() => deliverEvent(envelope, attempt + 1), REDELIVER_S[attempt] * 1000);
}

export function acknowledged(message) {
  pending.get(message.envelope_id)?.finish({ acked: true, payload: message.payload });
}

export function socketOpened(socket, send) {
  sockets.set(socket, send);
  setTimeout(() => waiting.splice(0).forEach(([envelope, attempt]) => deliverEvent(envelope, attempt)), 0);
}

export function socketClosed(socket) {
  sockets.delete(socket);
  for (const { socket: used, finish } of [...pending.values()]) if (used === socket) finish({ acked: false, reason: "socket closed" });
}
