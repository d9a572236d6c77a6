"""A report and an issue that is there already, brought together and taken apart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import PermissionRefused, UserError
from bot.triage import linking, workflow
from integrations.connections import Connections
from integrations.trackers import local
from integrations.trackers.base import Changes, IssueAddress
from storage.models import IssueState, ReportState
from tests.bot.triage.acting import BO, EVE, accepted, audit, order
from tests.bot.triage.at_work import Desk
from tests.bot.triage.paper_tracker import PROJECT
from tests.conftest import kept


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Nothing is filed by itself; links to the paper's issues are understood."""
    services = desk.services
    kind = replace(desk.paper.kind(), read_url=lambda url, values: IssueAddress(PROJECT, url.rpartition("/")[2]))
    kinds = {"local": local.KIND, "github": kind}
    connections = Connections(kinds, {}, workspace=services.workspace, database=services.database, now=services.now)
    settings = services.settings.model_copy(update={"tracker": {}})
    services.in_force.replace(settings, "")
    return replace(desk, services=replace(services, trackers=connections))


async def unfiled(desk: Desk) -> int:
    report_id = await accepted(desk.services)
    await desk.post_card(report_id)
    await desk.work(for_s=65)
    return report_id


async def test_both_follow_each_other_from_then_on_when_linked(desk: Desk) -> None:
    report_id = await unfiled(desk)
    issue = desk.paper.make("Pay button")
    desk.paper.say(issue.external_id, "Said before")
    desk.clock.leap(timedelta(minutes=1))

    card = await linking.link(desk.services, order(report_id), issue.url)
    desk.clock.leap(timedelta(minutes=1))
    desk.paper.say(issue.external_id, "Said after")
    desk.paper.change(issue.external_id, state=IssueState.DONE)
    await desk.hear(Changes(issues=(desk.paper.issues[issue.external_id],)))
    await desk.work()

    assert card.issue_key == issue.key
    assert desk.shown == ["Ana Anderson: Said after"]
    assert (await kept(desk.services, report_id)).state is ReportState.FIXED


async def test_report_is_fixed_when_its_new_issue_is_closed(desk: Desk) -> None:
    report_id = await unfiled(desk)
    issue = desk.paper.make("Pay button")
    desk.paper.change(issue.external_id, state=IssueState.DONE)

    await linking.link(desk.services, order(report_id), issue.url)

    assert (await kept(desk.services, report_id)).state is ReportState.FIXED


async def test_second_report_is_refused_with_the_key_of_the_first(desk: Desk) -> None:
    first, second = await unfiled(desk), await accepted(desk.services, "Search finds nothing")
    issue = desk.paper.make("Pay button")
    await linking.link(desk.services, order(first), issue.url)

    with pytest.raises(UserError, match="belongs to BUG-1 already"):
        await linking.link(desk.services, order(second, "U0ADA"), issue.url)


async def test_second_issue_is_refused_until_the_first_is_let_go(desk: Desk) -> None:
    report_id = await unfiled(desk)
    first, second = desk.paper.make("Pay button"), desk.paper.make("Another")
    await linking.link(desk.services, order(report_id), first.url)

    with pytest.raises(UserError, match=f"has {first.key} already"):
        await linking.link(desk.services, order(report_id), second.url)
    await linking.unlink(desk.services, order(report_id))
    card = await linking.link(desk.services, order(report_id), second.url)

    assert card.issue_key == second.key
    assert [one for one in await audit(desk.services, report_id) if "link" in one] == ["link", "unlink", "link"]


async def test_issue_stays_and_no_other_is_made_when_let_go(desk: Desk) -> None:
    report_id = await unfiled(desk)
    issue = desk.paper.make("Pay button")
    await linking.link(desk.services, order(report_id), issue.url)

    await linking.unlink(desk.services, order(report_id))
    settings = desk.services.settings.model_copy(update={"tracker": {"github": PROJECT}})
    desk.services.in_force.replace(settings, "")
    await workflow.fix(desk.services, order(report_id), build="", how_to_check="")
    await desk.work(for_s=65)

    assert [one.state for one in desk.paper.issues.values()] == [IssueState.OPEN]


async def test_link_is_refused_when_issue_is_not_there(desk: Desk) -> None:
    report_id = await unfiled(desk)

    with pytest.raises(UserError, match="GitHub has no such issue"):
        await linking.link(desk.services, order(report_id), "https://paper.example/web/99")


async def test_link_is_refused_when_person_does_not_decide(desk: Desk) -> None:
    report_id = await unfiled(desk)

    with pytest.raises(PermissionRefused):
        await linking.link(desk.services, order(report_id, EVE), desk.paper.make("Pay button").url)


async def test_link_is_refused_when_report_is_private(desk: Desk) -> None:
    report_id = await accepted(desk.services, private=True)

    with pytest.raises(UserError, match="is private, so it stays in Liaison"):
        await linking.link(desk.services, order(report_id, BO), desk.paper.make("Pay button").url)


async def test_link_is_refused_when_only_some_may_see_the_issue(desk: Desk) -> None:
    report_id = await unfiled(desk)
    issue = desk.paper.make("Customer Acme pays twice")
    desk.paper.change(issue.external_id, restricted=True)

    with pytest.raises(UserError) as refused:
        await linking.link(desk.services, order(report_id), issue.url)

    words = f"{issue.key} may be seen by some people of its project only, so it is not shown in Slack."
    assert str(refused.value) == words
    assert "link" not in await audit(desk.services, report_id)
