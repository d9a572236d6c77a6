"""App Home: what needs me, and what I reported; pure."""

from collections.abc import Sequence

from bot.text import is_blank
from bot.triage.cards import ReportLine
from bot.triage.homepage import HomePage
from handlers.views import text, words
from handlers.views.blocks import Block, actions, button, context, divider, header, section

REPORT = "home.report"
SHOW = "report.show"
ROWS = 10
# Ten rows in one message stay under its limit.
TITLE_LIMIT = 200


def draw(page: HomePage) -> Block:
    """Draw the tab of one person."""
    blocks: list[Block] = [
        actions(button("Report a bug", REPORT, "home", primary=True)),
        header("Needs me"),
        *_rows(page.needs_me, "Nothing waits for you. New reports of your team show up here."),
        divider(),
        header("I reported"),
        *_rows(
            page.reported,
            "You have not reported anything yet. Press *Report a bug*, or type `/bug` anywhere.",
        ),
        divider(),
        context("Also: `/bug` reports · `/bug find words` looks · `/liaison help` shows the rest"),
    ]
    return {"type": "home", "blocks": blocks}


def lines(found: Sequence[ReportLine]) -> list[Block]:
    """Draw a list of reports, each with a button that shows it."""
    return [_row(line) for line in found]


def _rows(found: Sequence[ReportLine], otherwise: str) -> list[Block]:
    if not found:
        return [section(otherwise)]
    shown = lines(found[:ROWS])
    if len(found) > ROWS:
        shown.append(context("… and more: `/liaison bugs mine` lists them all"))
    return shown


def _row(line: ReportLine) -> Block:
    facts = [f"{words.MARKS[line.state]} {words.state(line)}", str(line.severity or "not rated yet")]
    if not is_blank(line.component):
        facts.append(words.part(line.component))
    facts.append(f"owner {words.person(line.owner)}")
    private = " · private" if line.private else ""
    block = section(f"*{line.key}* · {text.inline(line.title, TITLE_LIMIT)}{private}\n{' · '.join(facts)}")
    block["accessory"] = button("Show", SHOW, str(line.report_id))
    return block
