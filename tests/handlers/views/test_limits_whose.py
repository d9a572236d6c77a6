"""Whose it is, in every view: nothing over a limit, nothing that pings, whatever stands in settings and reports."""

from dataclasses import replace
from random import Random

from hypothesis import given

from bot.triage.away import Absence
from bot.triage.rule_counts import RuleLine
from bot.triage.rule_draft import RuleDraft
from bot.triage.whose import MemberLine, TeamAnswer
from handlers.views import home, pointers, settings_news, whose, wrong_team
from tests.blockkit import problems
from tests.handlers.views import generated
from tests.handlers.views.test_limits import SEEDS, check, check_message, many


def absence(random: Random) -> Absence:
    until = random.choice((None, generated.NOON))
    return Absence(generated.who(random), until, "Europe/Berlin", random.choice((0, 1, 10**6)))


def draft(random: Random) -> RuleDraft | None:
    text = generated.text(random)
    return random.choice((None, RuleDraft(text, generated.text(random), random.choice((0, 9)), text)))


def member(random: Random) -> MemberLine:
    return MemberLine(
        generated.who(random), random.choice((None, generated.NOON)), "UTC", 10**6, random.choice((None, 0, 5))
    )


def rule(random: Random) -> RuleLine:
    return RuleLine(
        random.randint(1, 999),
        generated.text(random)[:75],
        generated.text(random),
        random.random() < 0.2,
        10**6,
        random.choice((0, 10**6)),
        random.random() < 0.5,
    )


@many
@given(SEEDS)
def test_wrong_team_fits_when_settings_and_report_are_of_any_kind(random: Random) -> None:
    card = generated.card(random)

    check(wrong_team.draw(card, generated.components(random), generated.components(random)), "modal")
    done = wrong_team.done(card, draft(random))
    fences = [text.count("```") for text in generated.marked_texts(done)]
    # The lines to copy stand in the one fence, which is ours.
    assert (problems(done, "modal"), max(fences) in {0, 2}) == ([], True)
    assert [text for text in generated.marked_texts(done) if generated.PINGS.search(text)] == []


@many
@given(SEEDS)
def test_messages_fit_when_report_team_and_people_are_of_any_kind(random: Random) -> None:
    card = generated.card(random)

    for draw in (pointers.notified, pointers.moved, pointers.masked, pointers.owned, whose.why):
        check_message(*draw(card))
    check_message(*whose.absence(absence(random), is_self=random.random() < 0.5))


@many
@given(SEEDS)
def test_team_and_settings_news_fit_when_they_are_of_any_kind(random: Random) -> None:
    members = generated.few(random, (0, 1, 20, 200), lambda: member(random))
    lead = random.choice((None, generated.who(random)))
    texts = [generated.text(random) for _ in range(4)]
    lines = list(generated.few(random, (1, 5), lambda: generated.text(random)))

    # A link to the channel is ours; here it would look like one that was forged.
    check_message(*whose.team(TeamAnswer(texts[0], texts[1], "", lead, members, texts[2])))
    check_message(*settings_news.refused({"file": texts[3], "problems": lines, "count": random.choice((5, 400))}))
    check_message(*settings_news.mended({"file": texts[3], "summary": texts[2]}))


@many
@given(SEEDS)
def test_home_fits_when_the_file_has_up_to_two_hundred_rules(random: Random) -> None:
    rules = generated.few(random, (0, 1, 10, 200), lambda: rule(random))

    check(home.draw(replace(generated.page(random), rules=rules, asks_role=random.random() < 0.5)), "home")
