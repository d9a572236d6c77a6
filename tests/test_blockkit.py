from typing import Any

import pytest

from tests.blockkit import Surface, assert_valid, problems, unrendered

Node = dict[str, Any]


def plain(text: str) -> Node:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Node:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Node:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> Node:
    return {"type": "button", "action_id": "open", "text": plain("Open"), **more}


def actions(*elements: Node) -> Node:
    return {"type": "actions", "elements": list(elements)}


def option(value: str = "a", text: str = "A", **more: Any) -> Node:
    return {"text": plain(text), "value": value, **more}


def select(kind: str = "static_select", count: int = 2, **more: Any) -> Node:
    return {"type": kind, "action_id": "pick", "options": [option(str(n)) for n in range(count)], **more}


def field(element: Node, **more: Any) -> Node:
    return {"type": "input", "block_id": "b", "label": plain("Title"), "element": element, **more}


def typed(**more: Any) -> Node:
    return {"type": "plain_text_input", "action_id": "title", **more}


def message(*blocks: Node, **more: Any) -> Node:
    return {"text": "BUG-1 is new", "blocks": list(blocks), **more}


def modal(*blocks: Node, **more: Any) -> Node:
    return {
        "type": "modal",
        "title": plain("Report"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


def home(*blocks: Node, **more: Any) -> Node:
    return {"type": "home", "blocks": list(blocks), **more}


CONFIRM = {"title": plain("Sure?"), "text": plain("It goes."), "confirm": plain("Yes"), "deny": plain("No")}
IMAGE = {"type": "image", "image_url": "https://e.example/a.png", "alt_text": "A chart"}
GROUPS = [{"label": plain("Team"), "options": [option()]}]
GROUPED = {"type": "static_select", "action_id": "pick", "option_groups": GROUPS, "initial_option": option()}
RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}
DATE = "<!date^1795681800^{date_short_pretty} at {time}|Thu>"


@pytest.mark.parametrize(
    ("payload", "surface"),
    [
        (message(), "message"),
        (message(section("x" * 3000)), "message"),
        (
            message(section(f"<@U1> <#C1> <#C1|a> <https://e.example/?a=1&amp;b|see> {DATE}\n> q &lt; &gt; &amp;")),
            "message",
        ),
        (
            message(section(fields=[mrkdwn("x" * 200)] * 10, accessory=button(confirm=CONFIRM, style="danger"))),
            "message",
        ),
        (message({"type": "header", "text": plain("x" * 150)}, {"type": "divider"}, IMAGE, RICH), "message"),
        (message({"type": "context", "elements": [mrkdwn("x"), plain("y"), IMAGE]}), "message"),
        (message(actions(*(button(action_id=str(n), value="v" * 2000) for n in range(25)))), "message"),
        (message(actions(select("overflow", 5), {**GROUPED, "action_id": "2"})), "message"),
        (message({"type": "markdown", "text": "# Hello & <b>"}), "message"),
        (message(*[section()] * 50), "message"),
        (message(blocks='[{"type":"divider"}]'), "message"),
        (modal(field(typed(max_length=200, initial_value="x" * 200), hint=plain("short"))), "modal"),
        (modal(field(select("radio_buttons", 10, initial_option=option("3")))), "modal"),
        (modal(*[{"type": "divider"}] * 100, private_metadata="x" * 3000), "modal"),
        ({"trigger_id": "1", "view": modal(section())}, "modal"),
        (home(section(), actions(select(placeholder=plain("Pick")))), "home"),
    ],
)
def test_payload_is_accepted_when_slack_would(payload: Node, surface: Surface) -> None:
    assert_valid(payload, surface)


@pytest.mark.parametrize(
    ("payload", "where"),
    [
        ({"blocks": [section()]}, "text"),
        (message(text=" "), "text"),
        (message(text="x" * 4001), "text"),
        (message(text="<!here> look"), "text"),
        (message(link_names=True), "link_names"),
        (message(attachments=[{}]), "attachments"),
        (message(*[section()] * 51), "blocks"),
        (message(section("x" * 3000), section("x" * 3000)), "blocks"),
        (message(section(block_id="a"), section(block_id="a")), "blocks"),
        (message(section(block_id="a" * 256)), "0:section.block_id"),
        (message({"type": "carousel"}), "0:carousel"),
        (message({"type": "section"}), "0:section"),
        (message(section("")), "0:section.text"),
        (message(section("x" * 3001)), "0:section.text"),
        (message(section("😀" * 1501)), "0:section.text"),
        (message(section(fields=[mrkdwn("x")] * 11)), "0:section"),
        (message(section(fields=[mrkdwn("x" * 2001)])), "0:section.fields[0]"),
        (message(section(accessory=typed())), "0:section.accessory"),
        (message({"type": "header", "text": mrkdwn("x")}), "0:header.text"),
        (message({"type": "header", "text": plain("x" * 151)}), "0:header.text"),
        (message({"type": "context", "elements": [mrkdwn("x")] * 11}), "0:context"),
        (message({"type": "context", "elements": [button()]}), "0:context[0]"),
        (message({"type": "image", "image_url": "https://e.example"}), "0:image.alt_text"),
        (message({"type": "markdown", "text": "<!channel>"}), "0:markdown"),
        (
            message({"type": "rich_text", "elements": [{"type": "broadcast", "range": "here"}]}),
            "0:rich_text[0]",
        ),
        (message(actions()), "0:actions"),
        (message(actions(button(), button())), "0:actions"),
        (message(actions(*(button(action_id=str(n)) for n in range(26)))), "0:actions"),
        (message(actions(button(action_id=""))), "0:actions[0].action_id"),
        (message(actions(button(action_id="x" * 256))), "0:actions[0].action_id"),
        (message(actions(button(text=plain("x" * 76)))), "0:actions[0].text"),
        (message(actions(button(text=mrkdwn("x")))), "0:actions[0].text"),
        (message(actions(button(value="x" * 2001))), "0:actions[0].value"),
        (message(actions(button(url="javascript:alert(1)"))), "0:actions[0].url"),
        (message(actions(button(style="warning"))), "0:actions[0].style"),
        (message(actions(button(confirm={**CONFIRM, "deny": plain("x" * 31)}))), "0:actions[0].confirm.deny"),
        (message(actions(select("multi_static_select"))), "0:actions[0]"),
        (message(actions(select("overflow", 6))), "0:actions[0]"),
        (message(actions(select("overflow", 0))), "0:actions[0]"),
        (message(actions(select("checkboxes", 11))), "0:actions[0]"),
        (message(actions(select(count=101))), "0:actions[0]"),
        (message(actions(select(initial_option=option("9")))), "0:actions[0]"),
        (message(actions(select(initial_option=option("1", "B")))), "0:actions[0]"),
        (message(actions({**GROUPED, "options": [option()]})), "0:actions[0]"),
        (message(actions(select(options=[option(), option()]))), "0:actions[0]"),
        (message(actions(select(options=[option("x" * 151)]))), "0:actions[0].options[0].value"),
        (message(actions(select(options=[option(text="x" * 76)]))), "0:actions[0].options[0].text"),
        (
            message(actions(select(options=[option(description=plain("x" * 76))]))),
            "0:actions[0].options[0].description",
        ),
        (message(actions(select(placeholder=plain("x" * 151)))), "0:actions[0].placeholder"),
        (
            message(actions({"type": "datepicker", "action_id": "d", "initial_date": "26.11."})),
            "0:actions[0].initial_date",
        ),
        (message(field({"type": "file_input", "action_id": "f"})), "0:input.element"),
    ],
)
def test_message_is_refused_when_slack_would(payload: Node, where: str) -> None:
    assert [problem.split(": ")[0] for problem in problems(payload, "message")] == [where]


@pytest.mark.parametrize(
    ("payload", "surface", "where"),
    [
        (modal(section(), title=plain("x" * 25)), "modal", "title"),
        (modal(section(), submit=plain("x" * 25)), "modal", "submit"),
        (modal(section(), close=mrkdwn("x")), "modal", "close"),
        (modal(section(), private_metadata="x" * 3001), "modal", "private_metadata"),
        (modal(section(), callback_id="x" * 256), "modal", "callback_id"),
        (modal(field(typed()), submit=None), "modal", "submit"),
        (modal(field(typed(), label=plain(""))), "modal", "0:input.label"),
        (modal(field(typed(max_length=3001))), "modal", "0:input.element"),
        (modal(field(typed(max_length=5, initial_value="123456"))), "modal", "0:input.element.initial_value"),
        (modal(field(button())), "modal", "0:input.element"),
        (modal(*[{"type": "divider"}] * 101), "modal", "blocks"),
        (modal({"type": "markdown", "text": "x"}), "modal", "0:markdown"),
        (modal(), "modal", "blocks"),
        (home(section(), title=plain("Home")), "home", "title"),
        (home(section(), type="modal"), "home", "type"),
        (home(actions({"type": "datetimepicker", "action_id": "d"})), "home", "0:actions[0]"),
    ],
)
def test_view_is_refused_when_slack_would(payload: Node, surface: Surface, where: str) -> None:
    assert {problem.split(": ")[0] for problem in problems(payload, surface)} == {where}


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>",
        "<!here|here>",
        "<!subteam^S1>",
        "<@u1>",
        "<@U1|bo>",
        "<https://e.example|>",
        "<javascript:alert(1)|x>",
        "<!date^soon^{date}|x>",
        "a < b",
        "a > b",
        "a & b",
        "&nbsp;",
        "<https://e.example|a|b>",
    ],
)
def test_text_is_refused_when_it_is_not_escaped(text: str) -> None:
    assert len(problems(message(section(text)), "message")) == 1


def test_failure_names_every_problem_when_asserted() -> None:
    with pytest.raises(AssertionError, match=r"(?s)text: .*0:section\.text: "):
        assert_valid({"blocks": [section("")]}, "message")


def test_elements_are_named_when_the_local_browser_does_not_draw_them() -> None:
    people = {"type": "users_select", "action_id": "who"}
    shown = message(section(accessory=select("overflow")), actions(button(), select()), IMAGE)
    form = modal(field(typed()), actions(button()))

    assert unrendered(shown) == []
    assert unrendered(message(RICH, actions(people))) == [
        "0: rich_text is not drawn",
        "1: users_select in actions is not drawn",
    ]
    assert unrendered(form) == ["1: button in actions is not drawn"]
