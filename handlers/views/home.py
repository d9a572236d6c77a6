"""App Home: what needs me, what I reported, and how reports find their team; pure."""

from collections.abc import Sequence

from bot.text import is_blank
from bot.triage.cards import ReportLine
from bot.triage.homepage import HomePage
from bot.triage.rule_counts import RuleLine
from handlers.views import text, words
from handlers.views.blocks import Block, actions, button, context, divider, header, menu, option, section

REPORT = "home.report"
SHOW = "report.show"
ROLE = "home.role"
ROWS = 10
# Ten rows in one message stay under its limit.
TITLE_LIMIT = 200
RULE_LIMIT = 120


def draw(page: HomePage, digests: Sequence[Block] = ()) -> Block:
    """Draw the tab of one person, with the list of digests where there are any."""
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
        *digests,
        *_rules(page.rules),
        context("Also: `/bug` reports · `/bug find words` looks · `/liaison help` shows the rest"),
    ]
    if page.asks_role:
        blocks.insert(1, _role())
    return {"type": "home", "blocks": blocks}


def lines(found: Sequence[ReportLine]) -> list[Block]:
    """Draw a list of reports, each with a button that shows it."""
    return [_row(line) for line in found]


def _role() -> Block:
    asked = section("*What do you do here?* It decides what this page shows you. You are asked once.")
    asked["accessory"] = menu(ROLE, "Choose", [option(name, role) for role, name in words.ROLES.items()])
    return asked


def _rules(rules: Sequence[RuleLine]) -> list[Block]:
    """Show the rules, without anything to change them: that is done in the settings file."""
    if not rules:
        return []
    shown = "\n".join(_rule(rule) for rule in rules[:ROWS])
    small = "Counted over 28 days. *Wrong team…* on a card corrects, and shows the lines that would have helped."
    if len(rules) > ROWS:
        small = f"… and {len(rules) - ROWS} more in the file. {small}"
    return [header("How reports find their team"), section(shown), context(small), divider()]


def _rule(rule: RuleLine) -> str:
    said = f"{rule.number}. *{text.inline(rule.name, RULE_LIMIT)}* → {text.inline(rule.leads_to, RULE_LIMIT)}"
    if rule.private:
        return f"{said} · private, not counted"
    said += f" · {rule.hits} {'report' if rule.hits == 1 else 'reports'}"
    if rule.corrected:
        said += f", {rule.corrected} corrected"
    return f"{said} ⚠️ often wrong" if rule.is_often_wrong else said


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
    if line.due_at is not None:
        facts.append(words.due(line))
    private = " · private" if line.private else ""
    block = section(f"*{line.key}* · {text.inline(line.title, TITLE_LIMIT)}{private}\n{' · '.join(facts)}")
    block["accessory"] = button("Show", SHOW, str(line.report_id))
    return block
