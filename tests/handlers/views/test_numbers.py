"""The dictionary of figures as it is shown in Slack: whole, short enough, and found by a word."""

from bot.digests.dictionary import ENTRIES
from handlers.views import numbers
from handlers.views.blocks import Block
from tests.blockkit import problems


def words(blocks: list[Block]) -> str:
    return "\n".join(one["text"]["text"] if "text" in one else one["elements"][0]["text"] for one in blocks)


def test_all_figures_are_told_in_one_message() -> None:
    said, blocks = numbers.draw()

    shown = words(blocks)
    assert problems({"text": said, "blocks": blocks}, "message") == []
    assert [one.label for one in ENTRIES if f"*{one.label}* · " not in shown] == []
    assert [one.formula for one in ENTRIES if one.formula not in shown] == []
    assert "*28 d*: the 28 days until the digest." in shown


def test_one_figure_is_told_with_its_unit_and_who_reads_it_when_it_is_named() -> None:
    _, blocks = numbers.draw("escaped")

    assert blocks[1]["text"]["text"] == (
        "*Escaped to production (28 d)* · QA, Leadership\n"
        "new bugs met in production ÷ all new bugs (part of a whole). Never told of a person."
    )


def test_what_there_is_is_told_when_no_figure_is_called_so() -> None:
    said, blocks = numbers.draw("<!channel> nps")

    assert said.startswith("No figure is called “&lt;!channel&gt; nps”. There are: Backlog age, Came back (28 d), ")
    assert problems({"text": said, "blocks": blocks}, "message") == []
