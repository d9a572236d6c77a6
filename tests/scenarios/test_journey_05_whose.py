"""Journey 5: rules decide component, team and person; people say why, who, away and *Wrong team…*."""

import re
from typing import Any

import pytest

from bot.routing.load import load_settings
from bot.routing.rules import Facts, route
from tests.scenarios.acting import all_reports, fill_form
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
Node = dict[str, Any]
CHECKOUT, WEB, LEADS = "checkout-bugs", "web-bugs", "leads"


@pytest.fixture
def team_settings() -> str:
    """Rules as a team has them: Bo before Finn at Checkout, nobody assigned at Web."""
    return """
version: 1
teams:
  checkout: {channel: "#checkout-bugs", name: Checkout, people: [U0BO, U0FINN], pick: first, lead: U0FINN, capacity: 2}
  web: {channel: C0WEB, name: Web, people: [U0ANA, U0BO]}
components:
  checkout: {owner: checkout, name: Checkout, labels: [pay], paths: ["src/checkout/**"]}
  search: {owner: web, name: Search}
routes:
  - name: security goes to few
    when: {any_word: [xss, csrf]}
    set: {private: true, team: web, severity: S1}
  - name: what the reporter chose
    when: {component: given}
    set: {component: as-given}
  - name: payment words
    when: {any_word: [invoice, "apple pay"]}
    set: {component: checkout}
  - name: stack trace
    when: {path: owned}
    set: {component: by-path}
  - name: everything else
    when: always
    set: {team: web}
also:
  - name: support reports
    when: {reporter_role: [support]}
    set: {labels: [customer], found_in: production}
  - name: grave ones
    when: {severity: [S1]}
    set: {notify: ["#leads"]}
people:
  U0EVE: {role: support}
roles:
  admin: [U0FINN]
"""


async def filed(world: World, title: str, user: str = "eve", **values: Any) -> None:
    """File a report from a channel that stands for no component."""
    await world.slack.command(user, "/bug", title, "general")
    await fill_form(world, user, values)
    await world.settle()


async def said(world: World, user: str, words: str) -> str:
    """Type `/liaison` with words and return what only this person then sees."""
    await world.slack.command(user, "/liaison", words, "general")
    return str((await world.slack.ephemerals(user, "general"))[-1]["text"])


async def card(world: World, channel: str) -> Node:
    return (await world.slack.messages(channel))[-1]


async def told(world: World, user: str) -> list[str]:
    return [str(message["text"]) for message in await world.slack.direct_messages(user)]


async def move(world: World, user: str, at: str, choice: Node) -> str:
    """Move the last card of a channel by *Wrong team…*; return what the window then shows."""
    shown = await card(world, at)
    number = (await all_reports(world))[-1].id
    await world.slack.click(user, at, shown["ts"], "report.menu", choose=f"component:{number}")
    submitted = await world.slack.submit_view(user, choice)
    await world.settle()
    assert submitted.errors == {}
    return str(submitted.modals[0]["blocks"])


async def test_rule_decides_component_team_and_person_who_is_told_once(world: World) -> None:
    # Who is called what is read from Slack after the start; a reason that is kept before that names the id.
    await world.settle()
    await filed(world, "Invoice is paid twice with Apple Pay")

    shown = await card(world, CHECKOUT)
    [report] = await all_reports(world)
    assert "owner Bo Nilsson" in shown["text"]
    assert "rule 3 “payment words”: word “invoice” · also: support reports · Bo Nilsson comes first" in str(shown)
    assert (report.route_rule, report.labels, report.found_in) == ("payment words", ["pay", "customer"], "production")
    [mine] = await told(world, "bo")
    assert "is *yours*: Invoice is paid twice with Apple Pay" in mine
    assert "BUG-1" in mine
    assert await told(world, "finn") == []


async def test_why_names_the_rule_and_the_word(world: World) -> None:
    await filed(world, "Invoice is paid twice")
    await filed(world, "TypeError in src/checkout/cart.ts line 3")
    await filed(world, "Nothing works")

    by_word, by_path, last = [await said(world, "dev", f"why BUG-{number}") for number in (1, 2, 3)]

    assert by_word == (
        "*BUG-1* went to Checkout (Checkout) because rule 3 “payment words”: word “invoice” · also: support reports"
        " · Bo Nilsson comes first. Owner: Bo Nilsson."
    )
    assert "rule 4 “stack trace”: file src/checkout/cart.ts" in by_path
    assert "*BUG-3* went to Web (no component yet) because rule 5 “everything else”: nothing else fits" in last


async def test_away_and_capacity_pass_the_turn_on_and_nobody_is_left_at_last(world: World) -> None:
    answer = await said(world, "bo", "away until 3 days")
    for number in range(3):
        await filed(world, f"Invoice {number} is wrong")

    reports = await all_reports(world)
    assert answer.startswith("You are *away* until ")
    assert reports[0].owner_id == reports[1].owner_id
    assert reports[2].owner_id is None
    first, third = await said(world, "dev", "why BUG-1"), await said(world, "dev", "why BUG-3")
    assert re.search(r"Finn Baker comes first \(Bo Nilsson is away until \w{3} \d\d \w{3}\)", first)
    assert re.search(r"nobody of Checkout is free: Bo Nilsson is away until .*, Finn Baker has 2 open reports", third)
    assert (await card(world, CHECKOUT))["text"].count("owner nobody yet") == 1


async def test_who_says_team_people_turn_and_room(world: World) -> None:
    await said(world, "bo", "away until 2 days")
    await filed(world, "Invoice is wrong")

    by_part, by_path = await said(world, "dev", "who checkout"), await said(world, "dev", "who src/checkout/cart.ts")
    by_team, unknown = await said(world, "dev", "who Web"), await said(world, "dev", "who chekout")

    assert by_part.startswith("*Checkout* belongs to Checkout · <#C0CHECKOUT>\nFinn Baker comes first (Bo Nilsson is")
    assert re.search(r"• Bo Nilsson · 0 of 2 open · away until \w{3} \d\d \w{3} \d{4}\n• Finn Baker · 1 of 2", by_part)
    assert by_path == by_part
    assert "Nobody is assigned by itself" in by_team
    assert "Did you mean checkout?" in unknown


async def test_away_is_refused_for_others_and_assign_says_it(world: World) -> None:
    await filed(world, "Search finds nothing")

    refused = await said(world, "eve", "away <@U0BO> until mon")
    allowed = await said(world, "finn", "away <@U0BO> until mon")
    assigned = await said(world, "ana", "assign BUG-1 <@U0BO>")
    back = await said(world, "bo", "away back")
    await world.settle()

    assert refused == "Only they themselves or Finn Baker may say so. Ask one of them."
    assert allowed.startswith("Bo Nilsson is *away* until Mon ")
    assert re.fullmatch(r"\*BUG-1\* is now with <@U0BO>\. They are \*away\* until Mon .*\.", assigned)
    assert back == "You are *here*: new reports can come to you."
    assert ["is *yours*" in message for message in await told(world, "bo")] == [True]


async def test_wrong_team_moves_tells_both_and_shows_lines_that_would_have_helped(
    world: World, team_settings: str
) -> None:
    await filed(world, "Filter hides every second invoice")
    before = await told(world, "bo")

    window = await move(world, "bo", CHECKOUT, {"component": "search"})

    [report] = await all_reports(world)
    assert (report.team_key, report.component_key, report.owner_id) == ("web", "search", None)
    assert report.route_corrected
    assert "Bo Nilsson moved it; rule “payment words” had sent it elsewhere" in str(await card(world, CHECKOUT))
    pointer = await card(world, WEB)
    assert "Filter hides every second invoice *belongs to Web* now." in pointer["text"]
    assert "/archives/C0CHECKOUT/" in pointer["text"]
    assert await told(world, "bo") == before
    assert routed_with(team_settings, window, report.title) == ("web", "search")


async def test_lines_name_the_page_where_the_report_names_one(world: World, team_settings: str) -> None:
    await filed(world, "Invoice list is empty", url="https://app.acme.dev/find/list?x=1")

    window = await move(world, "bo", CHECKOUT, {"team": "web"})

    assert '{url: "https://app.acme.dev/find/**"}' in window
    facts = {"url": "https://app.acme.dev/find/other"}
    assert routed_with(team_settings, window, "Invoice", **facts) == ("web", None)


async def test_owner_set_by_hand_stays_when_the_team_changes(world: World) -> None:
    await filed(world, "Search finds nothing")
    await said(world, "ana", "assign BUG-1 <@U0DEV>")

    await move(world, "ana", WEB, {"component": "checkout"})

    assert "owner Dev Patel" in (await card(world, WEB))["text"]
    assert "*belongs to Checkout* now" in (await card(world, CHECKOUT))["text"]


async def test_moved_report_finds_its_new_teams_owner(world: World) -> None:
    await filed(world, "Search finds nothing")

    window = await move(world, "ana", WEB, {"team": "checkout"})

    assert "owner Bo Nilsson" in (await card(world, WEB))["text"]
    assert "Owner: Bo Nilsson" in window
    assert len(await told(world, "bo")) == 1


async def test_home_counts_hits_and_corrections_and_marks_a_rule_that_is_often_wrong(world: World) -> None:
    for number in range(5):
        await filed(world, f"Invoice {number} is unreadable number {number}")
        if number:
            await move(world, "finn", CHECKOUT, {"team": "web"})

    await world.slack.open_home("dev")
    home = await world.slack.wait_for(lambda: world.slack.home("dev"))

    assert "3. *payment words* → Checkout, team Checkout · 5 reports, 4 corrected ⚠️ often wrong" in str(home)
    assert "1. *security goes to few* → team Web · private, not counted" in str(home)
    assert "5. *everything else* → team Web · 0 reports" in str(home)


async def test_role_is_asked_once_and_the_file_goes_before_it(world: World) -> None:
    for user in ("dev", "eve"):
        await world.slack.open_home(user)
        await world.slack.wait_for(lambda user=user: world.slack.home(user))
    asked, known = str(await world.slack.home("dev")), str(await world.slack.home("eve"))

    await world.slack.click_home("dev", "home.role", choose="qa")
    await world.settle()

    assert "What do you do here?" in asked
    assert "What do you do here?" not in known
    assert "What do you do here?" not in str(await world.slack.home("dev"))


async def test_channel_that_a_rule_names_gets_one_line_and_none_of_a_private_report(world: World) -> None:
    await filed(world, "Invoice shows all customers", severity="S1")
    await filed(world, "XSS in the address form", severity="S1")

    lines = await world.slack.messages(LEADS)
    assert ["Invoice shows all customers · S1 · Checkout" in line["text"] for line in lines] == [True]
    assert "XSS" not in str(await world.slack.messages(WEB))


def routed_with(settings: str, window: str, title: str, **facts: Any) -> tuple[str, str | None]:
    """Put the lines that a window shows where it says, and return where the file then sends such a report."""
    lines = re.search(r"```(.*?)```", window)
    place = re.search(r"before line (\d+) of liaison.yaml", window)
    assert lines, window
    assert place, window
    added = lines[1].encode().decode("unicode_escape").encode("latin-1").decode().split("\n")
    rows = settings.split("\n")
    at = int(place[1]) - 1
    changed = load_settings("\n".join([*rows[:at], *added, *rows[at:]]), "liaison.yaml")
    found = route(changed, Facts(title=title, **facts))
    return found.team, found.component
