"""The lines that *Wrong team…* shows: put where they say, they send the report right, in files of any shape."""

from dataclasses import replace

import pytest

from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.routing.rules import route
from bot.services import Services
from bot.triage import editing, ownership
from bot.triage.moving import Target
from bot.triage.rule_draft import Moved, draft_for, with_draft
from storage import reports
from tests.bot.triage.acting import BO, order
from tests.conftest import kept, read, report

TEAMS = """version: 1
teams:
  checkout: {channel: C0CHECKOUT, people: [U0BO]}
  web: {channel: C0WEB, people: [U0BO]}
components:
  checkout: {owner: checkout}
  search: {owner: web}
"""
BLOCK = """routes:
  - name: bills
    when: {any_word: [invoice]}
    set: {component: checkout}
  - name: the rest
    when: always
    set: {team: checkout}
"""
FLUSH = """routes:
- {name: bills, when: {any_word: [invoice]}, set: {component: checkout}}
- name: the rest
  when: always
  set: {team: checkout}
"""
FLOW = """routes: [
    {name: bills, when: {any_word: [invoice]}, set: {component: checkout}},
    {name: the rest, when: always, set: {team: checkout}},
]
"""
HIDDEN = BLOCK.replace("set: {component: checkout}", "set: {component: checkout, private: true}")
TITLE = "Filter of the invoice: \"all\" hides 'late' ones"


async def moved(services: Services, routes: str, target: Target, **more: str) -> tuple[Services, Moved]:
    """File a report under a file with these routes, move it, and draft the lines."""
    text = TEAMS + routes
    settings = load_settings(text, "liaison.yaml")
    with_file = replace(services, in_force=InForce(settings, text, "liaison.yaml"))
    await services.database.write(services.workspace, lambda session: mirror.keep_settings(session, settings))
    filed = await report(with_file, more.pop("title", TITLE), source_channel="C0GENERAL", **more)
    await editing.move(with_file, order(filed.report_id, BO), target)
    return with_file, await draft_for(with_file, filed.report_id)


@pytest.mark.parametrize("routes", [BLOCK, FLUSH, ""], ids=["indented", "flush", "without rules"])
@pytest.mark.parametrize("url", ["", "https://shop.example/find/all?x=1"], ids=["words", "page"])
async def test_lines_send_the_report_right_when_they_are_put_where_they_say(
    services: Services, routes: str, url: str
) -> None:
    before, found = await moved(services, routes, Target("search") if routes else Target(team_key="web"), url=url)
    assert found.draft is not None

    changed = load_settings(with_draft(before.in_force.text, found.draft), "liaison.yaml")

    stored = await kept(services, 1)
    facts = await read(services, lambda session: ownership.facts_of(session, stored))
    assert route(changed, facts).team == "web"
    assert route(changed, facts).fit.name.startswith("search: " if routes else "web: ")
    assert (found.draft.line, found.draft.before) == ((9, "bills") if routes else (0, ""))


async def test_lines_have_no_number_when_the_rules_do_not_stand_on_lines_of_their_own(services: Services) -> None:
    _, found = await moved(services, FLOW, Target("search"))

    assert found.draft is not None
    assert (found.draft.line, found.draft.before) == (0, "bills")
    assert found.draft.lines.startswith('  - name: "search: ')


async def test_lines_keep_reports_private_when_the_rule_below_them_does(services: Services) -> None:
    _, found = await moved(services, HIDDEN, Target("search"))

    assert found.draft is not None
    assert 'set: {component: "search", private: true}' in found.draft.lines


async def test_rare_words_are_chosen_when_reports_of_other_teams_have_the_others(services: Services) -> None:
    for number in range(3):
        await report(services, f"The invoice is late {number}", source_channel="C0QA")

    _, found = await moved(services, BLOCK, Target("search"), title="Filter of the late invoice")

    assert found.draft is not None
    assert 'when: {any_word: ["filter"]}' in found.draft.lines


@pytest.mark.parametrize("title", ["invoice?!", "a b c invoice", "🧾 invoice", "请求 invoice", "invoice " + "x" * 150])
async def test_move_works_when_no_rule_or_an_odd_one_can_be_made_of_a_title(services: Services, title: str) -> None:
    before, found = await moved(services, BLOCK, Target("search"), title=title)

    assert found.card.line.component == "Search"
    if found.draft is not None:
        load_settings(with_draft(before.in_force.text, found.draft), "liaison.yaml")


async def test_no_lines_are_shown_when_there_is_no_settings_file(services: Services) -> None:
    filed = await report(services, TITLE)

    await editing.move(services, order(filed.report_id, BO), Target("search"))

    assert (await draft_for(services, filed.report_id)).draft is None
    assert await read(services, lambda session: reports.last_routed(session, "bills", limit=10)) == []
