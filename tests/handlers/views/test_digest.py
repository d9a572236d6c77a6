import json
import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.facts import Act, ActKind, Facts, Item, Mark, Piece, Quote, Rank, SourceHealth
from bot.errors import UserError
from handlers.views import digest as view
from handlers.views.blocks import Block
from handlers.views.digest_text import draw_text
from tests.blockkit import assert_valid, units
from tests.handlers.views.digest_samples import MORNING, any_digest, any_marks, figures, fix, quality
from tests.handlers.views.generated import PINGS, marked_texts

many = settings(max_examples=20, deadline=None)
SEEDS = st.integers(0, 2**63).map(Random)
FIX = "*<https://acme.slack.example/p131|BUG-131>*"
SINCE, NEXT = "Mon 23 Nov", "Wed 25 Nov 08:30"
# An address that somebody typed, which shows where it leads.
HONEST = re.compile(r"<https://[^|>]*>")
ALLOWED = {"header", "section", "context", "divider", "actions", "data_visualization"}


@many
@given(SEEDS)
def test_any_digest_is_a_message_within_the_limits(random: Random) -> None:
    digest, marks, charts = any_digest(random), any_marks(random), random.random() < 0.5

    drawn = view.draw(digest, marks, charts=charts)

    assert_valid({"text": drawn.text, "blocks": drawn.blocks}, "message")
    assert len(drawn.blocks) <= 20
    assert units(json.dumps(drawn.blocks, ensure_ascii=False)) <= 6_000
    assert {block["type"] for block in drawn.blocks} <= ALLOWED
    for message in drawn.thread:
        assert_valid({"text": message.text, "blocks": message.blocks}, "message")
        assert units(json.dumps(message.blocks, ensure_ascii=False)) <= 6_000


@many
@given(SEEDS)
def test_any_digest_tells_only_who_is_mentioned_on_purpose(random: Random) -> None:
    drawn = view.draw(any_digest(random), any_marks(random), charts=False)

    shown = [*marked_texts(drawn.blocks), drawn.text]
    told = [one for message in drawn.thread for one in marked_texts(message.blocks)]
    assert [one for one in shown if PINGS.search(HONEST.sub("", one).replace("<@U0BO>", ""))] == []
    assert [one for one in told if PINGS.search(HONEST.sub("", one))] == []


@many
@given(SEEDS)
def test_any_digest_without_news_is_one_line_within_the_limits(random: Random) -> None:
    said, blocks = view.draw_heartbeat(any_digest(random))

    assert_valid({"text": said, "blocks": blocks}, "message")


def test_digest_of_far_too_much_is_a_message_that_names_what_it_leaves_out() -> None:
    items = tuple(fix(place, '<&> "quoted" title ` * _ ' * 9) for place in range(60))
    facts = tuple(Facts(f"s{place}", Rank.NEEDS_YOU, f"Section {place}", items=items) for place in range(40))

    drawn = view.draw(replace(quality(), facts=facts), charts=False)

    assert_valid({"text": drawn.text, "blocks": drawn.blocks}, "message")
    assert units(json.dumps(drawn.blocks, ensure_ascii=False)) <= 6_000
    shown = [block for block in drawn.blocks if "*Section" in _said(block)]
    assert _said(drawn.blocks[-2]) == f"+{40 - len(shown)} more sections, in the thread"
    assert len(drawn.thread) == 8
    assert re.fullmatch(r"… and [\d,]+ more lines: too much for one thread", _said(drawn.thread[-1].blocks[-1]))


def test_digest_reads_like_the_sample() -> None:
    drawn = view.draw(quality(1), charts=True)

    assert [_said(block) for block in drawn.blocks] == [
        "QA · Tue 24 Nov",
        "*Verify now* · 1 fixes waiting, oldest 3 d\nBuild 2.14.0-rc2 on staging since 08:05",
        f"{FIX} S2 · Card form clears on back button\nCheck: fill the form, go back, return",
        "",
        "*Came back* · 1\n• *BUG-117* S2 · Duplicate invoice e-mail — back with Bo",
        f"Sources: GitHub 08:29, Linear 08:29 · compared with {SINCE} · next: {NEXT} · `/liaison digest qa` to change",
    ]
    assert drawn.text == "QA · Tue 24 Nov · Verify now: 3 fixes waiting, oldest 3 d · Came back: 1"
    assert drawn.thread == ()


def test_fix_has_a_menu_with_its_three_outcomes() -> None:
    drawn = view.draw(quality(1), charts=False)

    menu = drawn.blocks[2]["accessory"]
    assert (menu["type"], menu["action_id"]) == ("overflow", view.DIGEST_VERIFY)
    assert [(one["text"]["text"], one["value"]) for one in menu["options"]] == [
        ("Works", "works:131"),
        ("Still broken…", "broken:131"),
        ("Cannot test", "untestable:131"),
    ]


def test_list_of_more_than_five_is_whole_in_the_thread() -> None:
    drawn = view.draw(quality(8), charts=False)

    said = "\n".join(map(_said, drawn.blocks))
    assert re.findall(r"BUG-\d+", said) == ["BUG-131", "BUG-132", "BUG-133", "BUG-134", "BUG-135", "BUG-117"]
    assert "+3 more, in the thread" in said
    [message] = drawn.thread
    assert len(re.findall(r"BUG-\d+", _said(message.blocks[0]))) == 8
    assert message.text == "QA · Tue 24 Nov: the whole list"


@pytest.mark.parametrize("count", [5, 6, 50])
def test_what_a_list_says_is_more_is_in_the_thread_and_nothing_else_is_left_out(count: int) -> None:
    items = tuple(Item(f"item:{place}", (Piece(f"Thing {place}."),)) for place in range(count))
    sections = tuple(Facts(name, Rank.CHANGED, f"About {name}", items=items) for name in ("one", "two", "three"))

    drawn = view.draw(replace(quality(), facts=sections), charts=False)

    posted, thread = "\n".join(map(_said, drawn.blocks)), "\n".join(_said(one.blocks[0]) for one in drawn.thread)
    for facts in sections:
        part = posted.partition(f"*{facts.heading}*")[2].partition("*About")[0]
        whole = thread.partition(f"*{facts.heading}*")[2].partition("*About")[0]
        assert re.findall(r"Thing \d+\.", part) == [f"Thing {place}." for place in range(5)]
        assert re.findall(r"\+\d+ more.*", part) == ([f"+{count - 5} more, in the thread"] if count > 5 else [])
        assert re.findall(r"Thing \d+\.", whole) == ([f"Thing {place}." for place in range(count)] if count > 5 else [])


def test_list_of_which_not_all_were_read_says_so_where_it_ends() -> None:
    items = tuple(fix(place, "Card form") for place in range(50))
    facts = Facts("verify_now", Rank.NEEDS_YOU, "Verify now", "60 fixes waiting", items=items, total=60)

    digest = replace(quality(), facts=(facts,))
    drawn = view.draw(digest, charts=False)

    assert "+55 more, in the thread" in "\n".join(map(_said, drawn.blocks))
    assert _said(drawn.thread[-1].blocks[0]).endswith("\n… and 10 more, too many to be listed")
    assert "  … and 10 more, too many to be listed\n" in draw_text(digest)


def test_preview_says_that_its_thread_is_still_to_come() -> None:
    short, long = view.draw(quality(2), charts=False), view.draw(quality(8), charts=False)

    assert view.preview_note(short).endswith("the next digest does not change by it.")
    assert view.preview_note(long).endswith("What is to be in the thread is posted with it.")


def test_details_go_before_items_and_the_least_urgent_first() -> None:
    title = "A title that is as long as people make them when they paste the error message into it " * 2
    details = tuple((Piece(f"Detail {place}: {title}"),) for place in range(3))
    items = tuple(replace(fix(place, title), details=details) for place in range(5))
    bullets = tuple(Item(f"item:{place}", (Piece(title),), details) for place in range(5))
    digest = replace(
        quality(),
        facts=(
            Facts("verify_now", Rank.NEEDS_YOU, "Verify now", items=items[:2]),
            Facts("came_back", Rank.CHANGED, "Came back", items=bullets),
        ),
    )

    said = [_said(block) for block in view.draw(digest, charts=False).blocks]

    assert "\n".join(said).count("• ") == 5
    assert said[2].count("Detail") == 3
    assert said[-2].count("Detail") == 5


def test_line_that_somebody_acted_on_is_struck_through() -> None:
    marks = {"report:131": Mark(True, "Lena", "works")}

    drawn = view.draw(quality(1), marks, charts=False)

    assert _said(drawn.blocks[1]).endswith("\n~BUG-131 S2 · Card form clears on back button~ ✅ works, Lena")
    assert [block for block in drawn.blocks if "accessory" in block] == []


def test_figures_stand_side_by_side_with_their_weeks() -> None:
    digest = replace(quality(), facts=(figures(2),))

    drawn = view.draw(digest, charts=False)

    assert drawn.blocks[2]["fields"] == [
        {"type": "mrkdwn", "text": "*New bugs*\n14 `▁▅·▄▁█▁▄` 8-week mean 12"},
        {"type": "mrkdwn", "text": "*Fixed and verified*\n14 `▁▅·▄▁█▁▄` 8-week mean 12"},
    ]


def test_unusual_figure_says_so() -> None:
    facts = figures(1)
    digest = replace(quality(), facts=(replace(facts, figures=(replace(facts.figures[0], is_unusual=True),)),))

    drawn = view.draw(digest, charts=False)

    assert drawn.blocks[2]["fields"][0]["text"].endswith("8-week mean 12 · *unusual*")


def test_charts_are_at_most_two_and_leave_out_missing_weeks() -> None:
    digest = replace(quality(), slot="weekly", facts=(figures(4),))

    drawn = view.draw(digest, charts=True)

    charts = [block for block in drawn.blocks if block["type"] == "data_visualization"]
    assert [chart["title"] for chart in charts] == ["New bugs", "Fixed and verified"]
    assert charts[0]["chart"]["axis_config"]["categories"] == [
        "29 Sep",
        "6 Oct",
        "20 Oct",
        "27 Oct",
        "3 Nov",
        "10 Nov",
        "17 Nov",
    ]
    assert [point["value"] for point in charts[0]["chart"]["series"][0]["data"]] == [12, 15, 14, 12, 17, 12, 14]


def test_weeks_are_a_table_in_the_thread_where_charts_are_drawn() -> None:
    digest = replace(quality(), slot="weekly", facts=(figures(3),))

    drawn = view.draw(digest, charts=True)

    table = drawn.thread[0].blocks[0]
    assert table["type"] == "data_table"
    assert [cell["text"] for cell in table["rows"][1]] == ["New bugs", "12", "15", "·", "14", "12", "17", "12", "14"]
    assert view.draw(digest, charts=False).thread == ()


def test_source_that_failed_is_named_with_since_when_and_why() -> None:
    failing = SourceHealth(
        "linear", "Linear", None, MORNING.replace(hour=1, minute=12), "401, the token.", ("Ana Lima", "Bo")
    )
    digest = replace(quality(), sources=(failing,))

    drawn = view.draw(digest, charts=False)

    assert _said(drawn.blocks[1]) == (
        "⚠ Linear could not be read since Tue 24 Nov 02:12 (401, the token). What lives only there is missing below."
        " Ana Lima and Bo were told."
    )


def test_section_that_is_not_known_says_so_instead_of_zero() -> None:
    stale = Facts("shipped", Rank.CHANGED, "Shipped", stale="Shipped: not known, since GitHub could not be read.")

    drawn = view.draw(replace(quality(), facts=(stale,)), charts=False)

    assert _said(drawn.blocks[1]) == "⚠ Shipped: not known, since GitHub could not be read."


def test_late_digest_says_when_it_was_due() -> None:
    drawn = view.draw(replace(quality(), is_late=True), charts=False)

    assert _said(drawn.blocks[-1]).startswith("posted late: was due 08:30 · Sources: ")


def test_announcement_has_its_three_buttons_below() -> None:
    item = Item("change:7", (Piece("Saved filters", bold=True),), acts=(Act(ActKind.ANNOUNCE, "7"),))
    digest = replace(quality(), facts=(Facts("announcements", Rank.NEEDS_YOU, "Shipped", items=(item,)),))

    drawn = view.draw(digest, charts=False)

    assert [(one["text"]["text"], one["action_id"], one["value"]) for one in drawn.blocks[3]["elements"]] == [
        ("Use this text", view.DIGEST_ANNOUNCE_USE, "7"),
        ("Edit", view.DIGEST_ANNOUNCE_EDIT, "7"),
        ("Do not announce", view.DIGEST_ANNOUNCE_DROP, "7"),
    ]


def test_section_button_stands_beside_its_heading() -> None:
    facts = Facts("hand_offs", Rank.CHANGED, "Hand-offs", "2", acts=(Act(ActKind.CREATE_ISSUES, "3,4", "Create 2"),))

    drawn = view.draw(replace(quality(), facts=(facts,)), charts=False)

    button = drawn.blocks[1]["accessory"]
    assert (button["text"]["text"], button["action_id"], view.pressed_value(button)) == (
        "Create 2",
        view.DIGEST_CREATE_ISSUES,
        "3,4",
    )


def test_quote_is_a_quotation_of_who_said_it() -> None:
    facts = Facts("voices", Rank.CHANGED, "What people say", quotes=(Quote("“I never find it.”", "Northwind"),))

    drawn = view.draw(replace(quality(), facts=(facts,)), charts=False)

    assert _said(drawn.blocks[1]) == "*What people say*\n> “I never find it.” — Northwind"


def test_who_must_act_is_mentioned_in_the_channel_and_only_named_in_the_thread() -> None:
    line = (Piece("#803 3 d — "), Piece("Bo", mention="U0BO"))
    items = tuple(Item(f"item:{place}", line) for place in range(6))

    drawn = view.draw(replace(quality(), facts=(Facts("reviews", Rank.CHANGED, "Reviews", items=items),)), charts=False)

    assert "<@U0BO>" in _said(drawn.blocks[1])
    assert "• #803 3 d — Bo" in _said(drawn.thread[0].blocks[0])
    assert "<@" not in _said(drawn.thread[0].blocks[0])


def test_no_news_is_one_line() -> None:
    said, blocks = view.draw_heartbeat(quality())

    assert said == (
        "✅ QA · Tue 24 Nov: nothing needs you and nothing changed since Mon 23 Nov."
        " GitHub and Linear were read at 08:29. Next: Wed 25 Nov."
    )
    assert [_said(block) for block in blocks] == [said]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("works:131", ("works", 131)), ("untestable:9", ("untestable", 9)), ("broken:1", ("broken", 1))],
)
def test_verdict_is_read_from_the_menu(value: str, expected: tuple[str, int]) -> None:
    assert view.verdict({"selected_option": {"value": value}}) == expected


@pytest.mark.parametrize(
    "action", [{}, {"selected_option": {"value": "sink:1"}}, {"selected_option": {"value": "works:x"}}]
)
def test_verdict_of_another_version_is_refused(action: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="older version"):
        view.verdict(action)


def test_pressed_button_names_what_it_acts_on() -> None:
    assert view.pressed({"value": "131"}) == 131
    with pytest.raises(UserError, match="older version"):
        view.pressed({"value": "131; drop"})
    with pytest.raises(UserError, match="older version"):
        view.pressed_value({})


def _said(block: Block) -> str:
    if "fields" in block:
        return "\n".join(one["text"] for one in block["fields"])
    if block["type"] == "context":
        return "\n".join(one["text"] for one in block["elements"])
    said: str = block.get("text", {}).get("text", "")
    return said
