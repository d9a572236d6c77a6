// What Slack refuses in blocks and views, so that a strict local server refuses it too.
// https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/block-kit/block-elements

const ELEMENTS = new Set(`button channels_select checkboxes conversations_select datepicker datetimepicker email_text_input
  external_select feedback_buttons file_input icon_button image multi_channels_select multi_conversations_select
  multi_external_select multi_static_select multi_users_select number_input overflow plain_text_input radio_buttons
  rich_text_input static_select timepicker url_text_input users_select workflow_button`.split(/\s+/));
const BLOCKS = new Set(`actions alert call card carousel context context_actions divider file header image input markdown
  plan rich_text section table task_card video`.split(/\s+/));
const TEXT_LIMIT = { header: 150, section: 3000 };
const OPTION_LIMIT = { overflow: 5, radio_buttons: 10, checkboxes: 10 };

function checkLength(found, place, text, limit) {
  if (typeof text !== "string") return;
  if (text.length > limit) found.push(`${place}: ${text.length} characters, at most ${limit}`);
  if (text === "") found.push(`${place}: empty`);
}

function checkOptions(found, place, element) {
  const options = element.options, limit = OPTION_LIMIT[element.type] ?? 100;
  if (!options.length || options.length > limit) found.push(`${place}: ${options.length} options, 1 to ${limit}`);
  options.forEach((option, index) => {
    checkLength(found, `${place}.options[${index}].text`, option.text?.text, 75);
    checkLength(found, `${place}.options[${index}].value`, option.value, 150);
  });
}

function checkElement(found, place, element, actionIds) {
  if (!ELEMENTS.has(element?.type)) return void found.push(`${place}: unsupported element ${element?.type}`);
  if (element.action_id) {
    checkLength(found, `${place}.action_id`, element.action_id, 255);
    if (actionIds.has(element.action_id)) found.push(`${place}: duplicate action_id ${element.action_id}`);
    actionIds.add(element.action_id);
  }
  if (element.type === "button") {
    checkLength(found, `${place}.text`, element.text?.text, 75);
    checkLength(found, `${place}.value`, element.value, 2000);
    if (!element.text?.text) found.push(`${place}: text required`);
    if (element.style && !["primary", "danger"].includes(element.style)) found.push(`${place}: style ${element.style}`);
  }
  checkLength(found, `${place}.placeholder`, element.placeholder?.text, 150);
  if (element.options) checkOptions(found, place, element);
}

const CHECKS = {
  section(found, place, block) {
    if (!block.text && !block.fields?.length) found.push(`${place}: text or fields required`);
    if (block.fields?.length > 10) found.push(`${place}: ${block.fields.length} fields, at most 10`);
    block.fields?.forEach((field, index) => checkLength(found, `${place}.fields[${index}]`, field.text, 2000));
  },
  header(found, place, block) {
    if (block.text?.type !== "plain_text") found.push(`${place}: plain_text required`);
  },
  actions(found, place, block, actionIds) {
    const elements = block.elements ?? [];
    if (!elements.length || elements.length > 25) found.push(`${place}: ${elements.length} elements, 1 to 25`);
    elements.forEach((element, index) => checkElement(found, `${place}[${index}]`, element, actionIds));
  },
  context(found, place, block) {
    const elements = block.elements ?? [];
    if (!elements.length || elements.length > 10) found.push(`${place}: ${elements.length} elements, 1 to 10`);
    elements.forEach((element, index) => {
      if (element.type === "image") return;
      if (!/^(mrkdwn|plain_text)$/.test(element.type)) found.push(`${place}[${index}]: ${element.type} in context`);
      checkLength(found, `${place}[${index}]`, element.text, 3000);
    });
  },
  input(found, place, block, actionIds) {
    if (!block.label?.text) found.push(`${place}: label required`);
    checkLength(found, `${place}.label`, block.label?.text, 2000);
    checkElement(found, `${place}.element`, block.element, actionIds);
  },
};

function checkBlock(found, place, block, blockIds) {
  if (!BLOCKS.has(block?.type)) return void found.push(`${place}: unsupported type`);
  if (block.block_id) {
    checkLength(found, `${place}.block_id`, block.block_id, 255);
    if (blockIds.has(block.block_id)) found.push(`${place}: duplicate block_id ${block.block_id}`);
    blockIds.add(block.block_id);
  }
  if (block.text) checkLength(found, `${place}.text`, block.text.text, TEXT_LIMIT[block.type] ?? 3000);
  const actionIds = new Set();
  CHECKS[block.type]?.(found, place, block, actionIds);
  if (block.accessory) checkElement(found, `${place}.accessory`, block.accessory, actionIds);
}

// Every breach of Slack's limits in these blocks, one sentence each; an empty list means that Slack would take them.
export function blockProblems(blocks, limit = 50) {
  if (!Array.isArray(blocks)) return ["blocks is no array"];
  const found = [], blockIds = new Set();
  if (blocks.length > limit) found.push(`${blocks.length} blocks, at most ${limit}`);
  blocks.forEach((block, index) => checkBlock(found, `${index}:${block?.type}`, block, blockIds));
  return found;
}

// The same for a modal or a Home tab.
export function viewProblems(view) {
  const blocks = view.blocks ?? [], found = blockProblems(blocks, 100);
  for (const part of ["title", "submit", "close"]) checkLength(found, part, view[part]?.text, 24);
  if ((view.private_metadata ?? "").length > 3000) found.push("private_metadata: at most 3000 characters");
  if ((view.callback_id ?? "").length > 255) found.push("callback_id: at most 255 characters");
  if (view.type !== "modal") return found;
  if (!view.title?.text) found.push("title required");
  if (!view.submit && blocks.some((block) => block.type === "input")) found.push("submit required");
  return found;
}
