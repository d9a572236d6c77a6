"""The one judge of what is sent to Slack: limits after escaping, what may stand where, nothing that pings.

Sources: https://docs.slack.dev/reference/block-kit and the limits of slack_sdk's models. A block or element
that is not listed here is refused, so that a new one gets its limits written down first.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]
Node = dict[str, Any]

BLOCKS_LIMIT = {"message": 50, "modal": 100, "home": 100}
# Slack refuses about 13,200 characters although each block is legal: the project stays under half of it.
MESSAGE_CHARACTERS = 6_000
FALLBACK_CHARACTERS = 4_000  # chat.update refuses more, though chat.postMessage takes 40,000.
ANYWHERE = frozenset({"message", "modal", "home"})
BLOCKS = {
    **dict.fromkeys(("actions", "context", "divider", "header", "image", "input", "rich_text", "section"), ANYWHERE),
    **dict.fromkeys(("markdown", "data_visualization", "data_table"), frozenset({"message"})),
}
SELECTS = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
SINGLE_SELECTS = frozenset(kind for kind in SELECTS if not kind.startswith("multi_"))
PICKERS = frozenset({"datepicker", "timepicker", "checkboxes", "radio_buttons"})
TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
ELEMENTS = {
    "section": SELECTS | PICKERS | {"button", "overflow", "image"},
    "actions": SINGLE_SELECTS | PICKERS | {"button", "overflow", "datetimepicker"},
    "input": SELECTS | PICKERS | TYPED | {"datetimepicker", "file_input"},
    "context": frozenset({"image", "mrkdwn", "plain_text"}),
}
ELEMENT_SURFACES = {"datetimepicker": frozenset({"message", "modal"}), "file_input": frozenset({"modal"})}
OPTIONS_LIMIT = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}
ENTITY = re.compile(
    r"<@[UW][A-Z0-9]+>|<#[CGD][A-Z0-9]+(?:\|[^<>|]*)?>|<https?://[^<>|\s]+(?:\|[^<>|\n]+)?>"
    r"|<!date\^[0-9]{1,10}\^[^<>|^]+(?:\^https?://[^<>|]+)?\|[^<>|]+>"
)
QUOTE_MARK = re.compile(r"^>(?:>>)?", re.MULTILINE)
BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")
PINGS = re.compile(r"<!(?:channel|here|everyone|subteam)|<@", re.IGNORECASE)

# What the browser of local-slack 0.1.8 draws; anything else is a red placeholder there, or dead.
RENDERED_BLOCKS = frozenset({"header", "section", "context", "image", "divider", "actions", "input"})
RENDERED_ELEMENTS = {
    "message": frozenset({"button", "static_select", "overflow", "datepicker", "image", "mrkdwn", "plain_text"}),
    "modal": frozenset(
        {
            "plain_text_input",
            "static_select",
            "checkboxes",
            "radio_buttons",
            "datepicker",
            "image",
            "mrkdwn",
            "plain_text",
        }
    ),
}


def assert_valid(payload: Node, surface: Surface) -> None:
    """Fail with every problem of the payload in one message."""
    found = problems(payload, surface)
    assert found == [], "\n".join(found)


def problems(payload: Node, surface: Surface) -> list[str]:
    """Return what Slack, or a rule of this project, would refuse; empty when the payload may be sent.

    `payload` is a message or a view, or the arguments of a call that holds one; JSON in strings is read.
    """
    content = _content(payload)
    check = _Check(surface)
    {"message": check.message, "modal": check.modal, "home": check.home}[surface](content)
    return check.found


def unrendered(payload: Node) -> list[str]:
    """Return what local-slack's browser does not draw, which the demo therefore must not use."""
    content = _content(payload)
    known = RENDERED_ELEMENTS["modal" if content.get("type") == "modal" else "message"]
    out: list[str] = []
    for at, block in enumerate(content.get("blocks") or []):
        if block["type"] not in RENDERED_BLOCKS:
            out.append(f"{at}: {block['type']} is not drawn")
            continue
        elements = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        kinds = [element["type"] for element in elements if element]
        out += [f"{at}: {kind} in {block['type']} is not drawn" for kind in kinds if kind not in known]
    return out


def units(text: str) -> int:
    """Count as Slack might at worst: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _content(payload: Node) -> Node:
    view = payload.get("view", payload)
    content: Node = json.loads(view) if isinstance(view, str) else view
    blocks = content.get("blocks")
    return {**content, "blocks": json.loads(blocks)} if isinstance(blocks, str) else content


@dataclass
class _Check:
    surface: Surface
    found: list[str] = field(default_factory=list)
    characters: int = 0

    def message(self, content: Node) -> None:
        text = content.get("text")
        if not isinstance(text, str) or not text.strip():
            self._say("text", "a message needs a text that says the same as its blocks")
        else:
            self._size("text", text, FALLBACK_CHARACTERS)
            self._mrkdwn("text", text)
        for key in ("link_names", "parse", "attachments"):
            if content.get(key):
                self._say(key, "is not used by this project")
        self._blocks(content.get("blocks") or [])
        if self.characters >= MESSAGE_CHARACTERS:
            self._say("blocks", f"{self.characters} characters in all, {MESSAGE_CHARACTERS} or more")

    def modal(self, content: Node) -> None:
        self._view(content)
        self._plain("title", content.get("title"), 24)
        for key in ("submit", "close"):
            if key in content:
                self._plain(key, content[key], 24)
        if not content.get("submit") and any(b.get("type") == "input" for b in content.get("blocks") or []):
            self._say("submit", "a modal with an input needs it")

    def home(self, content: Node) -> None:
        self._view(content)
        for key in ("title", "submit", "close"):
            if key in content:
                self._say(key, "a home has none")

    def _view(self, content: Node) -> None:
        if content.get("type") != self.surface:
            self._say("type", f"{content.get('type')!r}, not {self.surface!r}")
        for key, limit in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
            self._size(key, content.get(key, ""), limit)
        if not content.get("blocks"):
            self._say("blocks", "a view needs some")
        self._blocks(content.get("blocks") or [])

    def _say(self, where: str, what: str) -> None:
        self.found.append(f"{where}: {what}")

    def _size(self, where: str, text: str, limit: int) -> None:
        if units(text) > limit:
            self._say(where, f"{units(text)} characters, over {limit}")

    def _blocks(self, blocks: list[Node]) -> None:
        if len(blocks) > BLOCKS_LIMIT[self.surface]:
            self._say("blocks", f"{len(blocks)} blocks, over {BLOCKS_LIMIT[self.surface]}")
        ids = [block["block_id"] for block in blocks if "block_id" in block]
        for twice in {block_id for block_id in ids if ids.count(block_id) > 1}:
            self._say("blocks", f"block_id {twice!r} twice")
        for at, block in enumerate(blocks):
            self._block(f"{at}:{block.get('type')}", block)

    def _block(self, where: str, block: Node) -> None:
        kind = block.get("type", "")
        if self.surface not in BLOCKS.get(kind, ()):
            self._say(where, f"not a block for a {self.surface}")
            return
        if "block_id" in block:
            self._identity(f"{where}.block_id", block["block_id"])
        rules: dict[str, Callable[[str, Node], None]] = {
            "section": self._section,
            "header": lambda place, b: self._plain(f"{place}.text", b.get("text"), 150),
            "actions": lambda place, b: self._elements(place, b, 25),
            "context": lambda place, b: self._elements(place, b, 10),
            "image": self._image,
            "input": self._input,
            "markdown": self._markdown,
            "rich_text": lambda place, b: self._rich(place, b.get("elements", [])),
            "data_visualization": self._chart,
            "data_table": self._table,
        }
        if kind in rules:
            rules[kind](where, block)

    def _section(self, where: str, block: Node) -> None:
        fields = block.get("fields", [])
        if not block.get("text") and not fields:
            self._say(where, "needs text or fields")
        if "text" in block:
            self._text(f"{where}.text", block["text"], 3000)
        if len(fields) > 10 or block.get("fields") == []:
            self._say(where, f"{len(fields)} fields, not 1 to 10")
        for at, entry in enumerate(fields):
            self._text(f"{where}.fields[{at}]", entry, 2000)
        if "accessory" in block:
            self._element(f"{where}.accessory", block["accessory"], "section")

    def _elements(self, where: str, block: Node, limit: int) -> None:
        elements = block.get("elements", [])
        if not 1 <= len(elements) <= limit:
            self._say(where, f"{len(elements)} elements, not 1 to {limit}")
        ids = [element["action_id"] for element in elements if "action_id" in element]
        for twice in {action_id for action_id in ids if ids.count(action_id) > 1}:
            self._say(where, f"action_id {twice!r} twice")
        for at, element in enumerate(elements):
            self._element(f"{where}[{at}]", element, block["type"])

    def _input(self, where: str, block: Node) -> None:
        self._plain(f"{where}.label", block.get("label"), 2000)
        if "hint" in block:
            self._plain(f"{where}.hint", block["hint"], 2000)
        self._element(f"{where}.element", block.get("element", {}), "input")

    def _image(self, where: str, image: Node) -> None:
        if ("image_url" in image) == ("slack_file" in image):
            self._say(where, "needs one of image_url and slack_file")
        self._size(f"{where}.image_url", image.get("image_url", ""), 3000)
        self._filled(f"{where}.alt_text", image.get("alt_text"), 2000)
        if "title" in image:
            self._plain(f"{where}.title", image["title"], 2000)

    def _markdown(self, where: str, block: Node) -> None:
        text = self._filled(f"{where}.text", block.get("text"), 12_000)
        if PINGS.search(text):
            self._say(where, "pings somebody")

    def _chart(self, where: str, block: Node) -> None:
        """Hold a chart of lines to its limits: one value of each series for each category."""
        chart = block.get("chart", {})
        self._filled(f"{where}.title", block.get("title"), 50)
        categories = chart.get("axis_config", {}).get("categories", [])
        if chart.get("type") != "line" or not 1 <= len(categories) <= 20 or len(set(categories)) != len(categories):
            self._say(where, "is no chart of lines over 1 to 20 categories")
        if not 1 <= len(chart.get("series", [])) <= 6:
            self._say(where, "needs 1 to 6 series")
        for series in chart.get("series", []):
            self._filled(f"{where}.name", series.get("name"), 20)
            if [point["label"] for point in series["data"]] != categories:
                self._say(where, "a series has not one value for each category")
            for point in series["data"]:
                self._filled(f"{where}.label", point["label"], 20)
                if not math.isfinite(point["value"]):
                    self._say(where, f"{point['value']} is no number")

    def _table(self, where: str, block: Node) -> None:
        rows = block.get("rows", [])
        if not 2 <= len(rows) <= 101 or len({len(row) for row in rows}) != 1 or not 1 <= len(rows[0]) <= 20:
            self._say(where, "is no table of 1 to 100 rows of the same 1 to 20 columns")
        before = self.characters
        for cell in (cell for row in rows for cell in row):
            self._filled(f"{where}.cell", cell.get("text"), 2000)
            if cell.get("type") not in {"raw_text", "raw_number"}:
                self._say(where, f"{cell.get('type')!r} is no cell")
        if self.characters - before > 10_000:
            self._say(where, "over 10,000 characters")

    def _rich(self, where: str, elements: list[Node]) -> None:
        for at, element in enumerate(elements):
            if element.get("type") in {"broadcast", "usergroup"}:
                self._say(f"{where}[{at}]", "pings many people")
            self.characters += units(element.get("text", ""))
            self._rich(f"{where}[{at}]", element.get("elements", []))

    def _element(self, where: str, element: Node, place: str) -> None:
        kind = element.get("type", "")
        if kind not in ELEMENTS[place] or self.surface not in ELEMENT_SURFACES.get(kind, ANYWHERE):
            self._say(where, f"{kind!r} may not stand in {place} of a {self.surface}")
        elif kind in {"mrkdwn", "plain_text"}:
            self._text(where, element, 2000)
        elif kind == "image":
            self._image(where, element)
        else:
            self._interactive(where, element)

    def _interactive(self, where: str, element: Node) -> None:
        self._identity(f"{where}.action_id", element.get("action_id", ""))
        if "placeholder" in element:
            self._plain(f"{where}.placeholder", element["placeholder"], 150)
        if "confirm" in element:
            self._confirm(f"{where}.confirm", element["confirm"])
        if element["type"] == "button":
            self._button(where, element)
        if element["type"].endswith("static_select") or element["type"] in OPTIONS_LIMIT:
            self._choice(where, element)
        if element["type"] == "plain_text_input":
            self._typed(where, element)
        for key, form in (("initial_date", r"\d{4}-\d\d-\d\d"), ("initial_time", r"\d\d:\d\d")):
            if key in element and not re.fullmatch(form, element[key]):
                self._say(f"{where}.{key}", "is not written as Slack wants it")

    def _button(self, where: str, button: Node) -> None:
        self._plain(f"{where}.text", button.get("text"), 75)
        for key, limit in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
            self._size(f"{where}.{key}", button.get(key, ""), limit)
        if button.get("style", "primary") not in {"primary", "danger"}:
            self._say(f"{where}.style", f"{button['style']!r}")
        if not re.match(r"https?://|\Z", button.get("url", "")):
            self._say(f"{where}.url", "is no web address")

    def _confirm(self, where: str, confirm: Node) -> None:
        for key, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            self._plain(f"{where}.{key}", confirm.get(key), limit)

    def _choice(self, where: str, element: Node) -> None:
        groups = element.get("option_groups", [])
        if len(groups) > 100 or ("options" in element) == bool(groups):
            self._say(where, "needs options, or up to 100 groups of them")
        for at, group in enumerate(groups):
            self._plain(f"{where}.option_groups[{at}].label", group.get("label"), 75)
        options = [o for part in (groups or [element]) for o in self._options(where, part, element["type"])]
        values = [option.get("value") for option in options]
        if len(set(values)) != len(values):
            self._say(where, "two options of one value")
        initial = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
        if any(option not in options for option in initial) or element.get("initial_options") == []:
            self._say(where, "what is chosen at first is not among the options")

    def _options(self, where: str, part: Node, kind: str) -> list[Node]:
        options: list[Node] = part.get("options", [])
        limit = OPTIONS_LIMIT.get(kind, 100)
        if not 1 <= len(options) <= limit:
            self._say(where, f"{len(options)} options, not 1 to {limit}")
        write = self._text if kind in {"checkboxes", "radio_buttons"} else self._plain
        for at, option in enumerate(options):
            place = f"{where}.options[{at}]"
            write(f"{place}.text", option.get("text") or {}, 75)
            self._filled(f"{place}.value", option.get("value"), 150, counted=False)
            self._size(f"{place}.url", option.get("url", ""), 3000)
            if "description" in option:
                write(f"{place}.description", option["description"], 75)
        return options

    def _typed(self, where: str, element: Node) -> None:
        shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
        if not 0 <= shortest <= longest <= 3000 or longest < 1:
            self._say(where, f"from {shortest} to {longest} characters")
        self._size(f"{where}.initial_value", element.get("initial_value", ""), longest)

    def _identity(self, where: str, name: str) -> None:
        if not name:
            self._say(where, "is missing or empty")
        self._size(where, name, 255)

    def _plain(self, where: str, text: Node | None, limit: int) -> None:
        if (text or {}).get("type") != "plain_text":
            self._say(where, "needs a plain_text")
        self._filled(where, (text or {}).get("text"), limit)

    def _text(self, where: str, text: Node, limit: int) -> None:
        if text.get("type") not in {"mrkdwn", "plain_text"}:
            self._say(where, f"{text.get('type')!r} is no kind of text")
        written = self._filled(where, text.get("text"), limit)
        if text.get("type") == "mrkdwn":
            self._mrkdwn(where, written)

    def _filled(self, where: str, text: object, limit: int, *, counted: bool = True) -> str:
        if not isinstance(text, str) or not text.strip():
            self._say(where, "is missing or empty")
            return ""
        self.characters += units(text) if counted else 0
        self._size(where, text, limit)
        return text

    def _mrkdwn(self, where: str, text: str) -> None:
        """Refuse every bracket that is not a mention, link or date which the project made on purpose."""
        rest = QUOTE_MARK.sub("", ENTITY.sub("", text))
        if "<" in rest or ">" in rest or BARE_AMPERSAND.search(rest):
            self._say(where, f"not escaped, or an entity that is not allowed: {rest[:80]!r}")
