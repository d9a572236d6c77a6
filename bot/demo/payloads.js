// Payloads as Slack words them, where local-slack 0.1.8 differs: prefilled inputs, view ids, the Home tab, ephemerals.

export const screen = { stack: [], homes: {} }; // what is open in the browser: modals (shared by all) and Home tabs
export const metadata = new Map(); // "channel:ts" -> metadata of a message
const originalIds = new Map(); // id that local-slack invented on an update -> the view's first id
const chosen = []; // parts of an action that local-slack would drop (selected_user, state ...)
let touched = {}; // inputs that the person changed in the view submitted last
let updating; // id of the view that an acknowledgement is replacing

// What each input element calls its value and its preset. https://docs.slack.dev/reference/block-kit/block-elements
const VALUE_OF = {
  radio_buttons: ["selected_option", "initial_option"], static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"], checkboxes: ["selected_options", "initial_options"],
  multi_static_select: ["selected_options", "initial_options"], multi_external_select: ["selected_options", "initial_options"],
  datepicker: ["selected_date", "initial_date"], timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"], users_select: ["selected_user", "initial_user"],
  multi_users_select: ["selected_users", "initial_users"], channels_select: ["selected_channel", "initial_channel"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
};

export function forgetPayloads() {
  metadata.clear(); originalIds.clear(); chosen.length = 0; touched = {}; updating = undefined;
  screen.stack = []; screen.homes = {};
}

export function rememberTouched(values) { touched = values ?? {}; }
export function rememberChoice(choice) { chosen.push(choice); }

export function expectUpdate(viewId) { updating = viewId; }

// Follow what the server shows; a view that replaced another keeps that one's id, as in Slack.
export function follow(message) {
  if (message.t === "home") screen.homes[message.user] = message.view;
  if (message.t !== "view") return;
  if (updating && message.stack.length) originalIds.set(message.stack.at(-1).id, updating);
  updating = undefined;
  screen.stack = message.stack;
}

export function renameView(view, known) {
  if (!view) return view;
  if (known && view.id !== known) originalIds.set(view.id, known);
  const id = originalIds.get(view.id) ?? view.id;
  return { ...view, id, root_view_id: originalIds.get(view.root_view_id) ?? view.root_view_id };
}

// The id that the view was opened with: by its id, its external id, or as the topmost one.
export function originalId({ view_id: id, external_id: external }) {
  if (id) return originalIds.get(id) ?? id;
  const view = screen.stack.find((open) => external && open.external_id === external) ?? screen.stack.at(-1);
  return view && (originalIds.get(view.id) ?? view.id);
}

function fillInputs(view) {
  for (const { type, block_id: block, element } of view.blocks ?? []) {
    if (type !== "input") continue;
    const [key, preset] = VALUE_OF[element.type] ?? ["value", "initial_value"], action = element.action_id;
    const value = touched[block]?.[action] ?? { [key]: element[preset] };
    const empty = key.endsWith("s") ? [] : null;
    view.state.values[block] = { [action]: { ...value, type: element.type, [key]: value[key] === "" ? null : value[key] ?? empty } };
  }
}

function correctAction(payload) {
  const action = payload.actions[0], index = chosen.findIndex((choice) => choice.action.action_id === action.action_id);
  if (index >= 0) {
    const [choice] = chosen.splice(index, 1);
    Object.assign(action, choice.action);
    if (choice.state) payload.state = choice.state;
  }
  const message = payload.message;
  if (!message && !payload.channel?.id) return homeAction(payload);
  if (message?.thread_ts) payload.container.thread_ts = message.thread_ts;
  const kept = metadata.get(`${payload.channel.id}:${message?.ts}`);
  if (kept) payload.message = { ...message, metadata: kept };
  if (message?.subtype !== "ephemeral") return;
  payload.container.is_ephemeral = true;
  delete payload.message; // Slack sends the text of an ephemeral message to nobody twice
}

function homeAction(payload) {
  payload.view = screen.homes[payload.user.id];
  payload.container = { type: "view", view_id: payload.view?.id };
  for (const key of ["channel", "message", "response_url"]) delete payload[key];
}

// Change an envelope's payload in place to what Slack would have sent.
export function correct({ payload }) {
  if (payload.type === "block_actions") correctAction(payload);
  if (payload.type === "view_submission") fillInputs(payload.view);
  if (payload.view) payload.view = renameView(payload.view);
}
