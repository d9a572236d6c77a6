"""What design reads: what waits for a designer, hand-offs, questions without an answer, and what shipped."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests import marks, snapshot
from bot.digests.base import Scope, Section
from bot.digests.facts import ActKind, Digest, Facts, Item
from bot.digests.sections.figma_comments import SECTION as COMMENTS
from bot.digests.sections.hand_offs import SECTION as HAND_OFFS
from bot.digests.sections.needs_designer import SECTION as NEEDS
from bot.digests.sections.shipped import SECTION as SHIPPED
from bot.digests.source_polling import READ_SINCE
from bot.routing.load import load_settings
from bot.routing.settings import Audience
from bot.services import Services
from storage import digests
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    ChangeKind,
    ChangeState,
    IssueLink,
    IssueState,
    ItemKind,
    Person,
    Release,
    ReleaseChange,
    Report,
    ReportState,
    Role,
    Severity,
    Slot,
    Source,
    SourceItem,
    SyncCursor,
    Via,
)
from tests.conftest import SETTINGS, read

# A Tuesday.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TUESDAYS = Audience.model_validate({"channel": "C0DESIGN", "weekly": "tue 10:00"})
FILE = "aBcD1234efGH5678"
FIGMA = f"tracker: {{linear: WEB}}\nfigma: {{files: {{{FILE}: search}}, designers: [U0ANA]}}\n"
BO = "people:\n  U0BO: {accounts: {linear: bo-key}}\n"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture(autouse=True)
def figma_settings(services: Services) -> None:
    services.in_force.replace(load_settings(SETTINGS + FIGMA + BO, "liaison.yaml"), "")


async def keep(services: Services, *rows: Any) -> None:
    def unit(session: WorkspaceSession) -> None:
        for row in rows:
            session.add(row)
            session.flush()

    await services.database.write(services.workspace, unit)


async def people(services: Services) -> None:
    named = [("U0ANA", "Ana", Role.OTHER), ("U0BO", "Bo", Role.ENGINEER), ("U0IDA", "Ida", Role.DESIGNER)]
    await keep(services, *(Person(slack_user_id=key, name=name, role=role) for key, name, role in named))
    await keep(services, SyncCursor(tracker="figma", project=FILE, polled_at=ago(0)))


async def collect(services: Services, section: Section, slot: Slot = Slot.WEEKLY) -> Facts | None:
    scope = Scope(NOW, ago(7), slot, ZoneInfo("Europe/Berlin"), "design", TUESDAYS, services.settings)
    return await read(services, lambda session: section.collect(session, scope))


async def told(services: Services, section: Section, slot: Slot = Slot.WEEKLY) -> Facts:
    facts = await collect(services, section, slot)
    assert facts is not None
    return facts


def said(items: Iterable[Item]) -> list[str]:
    return ["".join(piece.text for piece in item.line) for item in items]


def frame(item_id: int, name: str, marked: float, **more: Any) -> SourceItem:
    usual = {"state": "ready", "opened_at": ago(marked), "updated_at": ago(marked), "data": {"links": []}}
    return SourceItem(
        id=item_id,
        source="figma",
        project=FILE,
        kind=ItemKind.FIGMA_FRAME,
        external_id=f"{FILE}:{item_id}",
        title=name,
        url=f"https://www.figma.com/design/{FILE}?node-id={item_id}",
        **{**usual, **more},
    )


def issue(item_id: int, key: str = "WEB-1", **more: Any) -> IssueLink:
    usual = {"external_id": f"id-{item_id}", "url": f"https://linear.app/{key}", "key": key}
    return IssueLink(
        subject_type="frame", subject_id=item_id, tracker="linear", project="WEB", marker=f"m{item_id}", **usual | more
    )


def comment(item_id: int, text: str, talk: list[tuple[str, float]], **more: Any) -> SourceItem:
    usual = {"state": "open", "opened_at": ago(talk[0][1]), "updated_at": ago(talk[-1][1])}
    words = [{"at": ago(days).isoformat(), "by": by, "id": f"u-{by.lower()}"} for by, days in talk]
    return SourceItem(
        id=item_id,
        source="figma",
        project=FILE,
        kind=ItemKind.FIGMA_COMMENT,
        external_id=f"{FILE}:c{item_id}",
        title=text,
        url="https://www.figma.com/design/one#1",
        author=talk[0][0],
        data={"frame": "Checkout / Address step", "talk": words},
        **{**usual, **more},
    )


def pull(item_id: int, number: int, opened: float, **more: Any) -> SourceItem:
    usual = {"state": "open", "opened_at": ago(opened), "updated_at": ago(opened), "title": "New empty state"}
    data = {"number": number, "branch": "", "labels": [], **more.pop("data", {})}
    return SourceItem(
        id=item_id,
        source="github",
        project="acme/web",
        kind=ItemKind.PULL_REQUEST,
        external_id=f"acme/web#{number}",
        url=f"https://github.com/acme/web/pull/{number}",
        author="ana",
        data=data,
        **{**usual, **more},
    )


def bug(number: int, created: float, **more: Any) -> Report:
    usual: dict[str, Any] = {"labels": ["ux"], "severity": Severity.S3, "state": ReportState.ACCEPTED}
    return Report(
        id=number,
        number=number,
        title="Contrast of disabled buttons",
        source=Source.COMMAND,
        reporter_id=1,
        team_key="web",
        created_at=ago(created),
        top_at=ago(created),
        **{**usual, **more},
    )


async def test_frames_without_an_issue_come_first_when_handed_off(services: Services) -> None:
    await people(services)
    await keep(services, frame(1, "Checkout / Address step", 5), frame(2, "Settings / Team", 3))
    await keep(services, frame(3, "Settings / Roles", 20), frame(4, "Old / Built", 20), frame(5, "Gone / One", 2))
    await keep(services, issue(1, "WEB-1020", state=IssueState.DOING, assignee_raw="Bo-Key"), issue(4, "WEB-9"))
    await keep(services, frame(6, "Gone / Two", 2, closed_at=ago(1), state="gone"), issue(5, "WEB-1021"))

    facts = await told(services, HAND_OFFS)

    assert (facts.heading, facts.summary) == ("Hand-offs", "3 frames marked ready for dev since Tue 17 Nov")
    assert said(facts.items) == [
        "Settings / Roles → no issue yet",
        "Settings / Team → no issue yet",
        "Checkout / Address step → WEB-1020, Bo, in progress",
        "Gone / One → WEB-1021, not started",
    ]
    (act,) = facts.acts
    assert (act.kind, act.value, act.label) == (ActKind.CREATE_ISSUES, "3,2", "Create 2 issues")


async def test_button_is_left_out_when_no_tracker_takes_the_issues(services: Services) -> None:
    services.in_force.replace(load_settings(SETTINGS + FIGMA.replace("tracker: {linear: WEB}\n", ""), "x.yaml"), "")
    await people(services)
    await keep(services, frame(1, "Settings / Team", 3))

    facts = await told(services, HAND_OFFS)

    assert (said(facts.items), facts.acts) == (["Settings / Team → no issue yet"], ())


async def test_issue_has_no_name_when_only_some_may_see_it(services: Services) -> None:
    await people(services)
    await keep(services, frame(1, "Settings / Team", 3), issue(1, "", url=""))

    facts = await told(services, HAND_OFFS)

    assert said(facts.items) == ["Settings / Team → an issue, not started"]


async def test_hand_off_is_shown_when_five_frames_came_to_a_pull_request(services: Services) -> None:
    await people(services)
    for one in range(1, 6):
        await keep(services, frame(one, f"Page / {one}", 20), issue(one, f"WEB-{one}"))
        await keep(services, pull(100 + one, one, 20 - one, title=f"WEB-{one} Build it", state="merged"))
    await keep(services, pull(200, 90, 19.9, title="WEB-55 something else", data={"branch": "web-51-x"}))

    facts = await told(services, HAND_OFFS)

    (figure,) = facts.figures
    assert (figure.value, figure.raw, figure.n) == ("median 3.0 days (n = 5)", 3.0, 5)


async def test_hand_off_is_hidden_when_four_frames_came_to_a_pull_request(services: Services) -> None:
    await people(services)
    for one in range(1, 5):
        await keep(services, frame(one, f"Page / {one}", 5), issue(one, f"WEB-{one}"))
        await keep(services, pull(100 + one, one, 4, data={"branch": f"feature/web-{one}-build"}))

    assert (await told(services, HAND_OFFS)).figures == ()


@pytest.mark.parametrize("section", [HAND_OFFS, COMMENTS])
async def test_figma_is_said_not_to_be_read_when_a_file_was_never_read(services: Services, section: Section) -> None:
    facts = await told(services, section)

    assert facts.stale.endswith("Figma was not read yet.")


@pytest.mark.parametrize("section", [HAND_OFFS, COMMENTS])
async def test_nothing_is_said_when_the_settings_name_no_file(services: Services, section: Section) -> None:
    services.in_force.replace(load_settings(SETTINGS, "liaison.yaml"), "")

    assert await collect(services, section) is None


@pytest.mark.parametrize("section", [HAND_OFFS, COMMENTS, NEEDS, SHIPPED])
async def test_nothing_is_said_when_there_is_nothing(services: Services, section: Section) -> None:
    await people(services)

    assert await collect(services, section) is None


async def test_line_is_struck_and_button_gone_when_the_issue_is_made(services: Services) -> None:
    await people(services)
    await keep(services, frame(1, "Settings / Team", 3), frame(2, "Settings / Roles", 2))
    digest = Digest("design", "weekly", "Design", "UTC", NOW, ago(7), facts=(await told(services, HAND_OFFS),))
    kept = snapshot.read(snapshot.write(digest))

    event = AuditEvent(at=NOW, actor_id=2, via=Via.BUTTON, subject_type="frame", subject_id=1, action="create_issue")
    await keep(services, issue(1, "WEB-1021"), event)
    halfway = await read(services, lambda session: marks.as_it_may_be_told(session, kept).facts[0].acts)
    await keep(services, issue(2, external_id="", key=""))
    done = await read(services, lambda session: marks.marks(session, kept))
    acts = await read(services, lambda session: marks.as_it_may_be_told(session, kept).facts[0].acts)

    assert {subject: (mark.struck, mark.by, mark.what) for subject, mark in done.items()} == {
        "item:1": (True, "asked for by Bo", "WEB-1021, not started"),
        "item:2": (True, "", "issue is being made"),
    }
    assert (len(halfway), acts) == (1, ())


async def test_line_says_why_and_the_button_stays_when_the_issue_was_refused(services: Services) -> None:
    await people(services)
    await keep(services, frame(1, "Settings / Team", 3))
    digest = Digest("design", "weekly", "Design", "UTC", NOW, ago(7), facts=(await told(services, HAND_OFFS),))

    await keep(services, issue(1, external_id="", key="", error="Linear refused the token."))
    done = await read(services, lambda session: marks.marks(session, digest))
    (facts,) = (await read(services, lambda session: marks.as_it_may_be_told(session, digest))).facts

    assert done == {}
    assert [piece.text for line in facts.items[0].details for piece in line] == ["Not made: Linear refused the token."]
    assert len(facts.acts) == 1


async def test_comment_waits_when_no_designer_had_the_last_word_for_three_working_days(services: Services) -> None:
    await people(services)
    await keep(
        services,
        comment(1, "Is this the real max length?", [("Bo", 6)]),
        comment(2, "Which blue?", [("Bo", 9), ("ana", 8)]),
        comment(3, "And on hover?", [("Bo", 9), ("Ida", 8), ("Bo", 5.9)]),
        # Over a weekend: two working days.
        comment(4, "Too soon", [("Bo", 3.9)]),
        comment(5, "Answered by an engineer", [("Eve", 7), ("Bo", 6.5)]),
        comment(6, "Resolved", [("Bo", 9)], closed_at=ago(1)),
    )

    facts = await told(services, COMMENTS)

    assert facts.heading == "Figma comments without an answer for 3 working days or more"
    assert said(facts.items) == [
        "“Answered by an engineer” — asked by Eve, 7 d, Checkout / Address step",
        "“Is this the real max length?” — asked by Bo, 6 d, Checkout / Address step",
        "“And on hover?” — asked by Bo, 5 d, Checkout / Address step",
    ]
    assert facts.summary == "3"


async def test_anybody_but_who_asked_answers_when_no_designer_is_known(services: Services) -> None:
    services.in_force.replace(load_settings(SETTINGS + f"figma: {{files: {{{FILE}: search}}}}\n", "x.yaml"), "")
    await keep(services, SyncCursor(tracker="figma", project=FILE, polled_at=NOW))
    await keep(services, comment(1, "One", [("Bo", 9), ("Eve", 8)]), comment(2, "Two", [("Bo", 9), ("Bo", 8)]))

    facts = await told(services, COMMENTS)

    assert [item.subject for item in facts.items] == ["item:2"]


async def test_last_week_is_named_when_figma_was_read_by_then(services: Services) -> None:
    await people(services)
    await keep(
        services,
        comment(1, "Still", [("Bo", 20)]),
        comment(2, "Answered since", [("Bo", 20), ("Ida", 2)]),
        comment(3, "Resolved since", [("Bo", 20)], closed_at=ago(1)),
        comment(4, "New", [("Bo", 6)]),
    )

    await services.database.write(
        services.workspace, lambda session: digests.learn(session, READ_SINCE, ago(8).isoformat())
    )

    assert (await told(services, COMMENTS)).summary == "2 (last week 3)"


async def test_bugs_and_pull_requests_wait_for_a_designer_when_labelled(services: Services) -> None:
    await people(services)
    await keep(services, bug(138, 4), bug(1, 5, labels=["luxury"]), bug(2, 5, private=True))
    await keep(services, bug(3, 5, state=ReportState.CLOSED), bug(4, 5, state=ReportState.FIXED), bug(5, 1, labels=[]))
    await keep(
        services,
        IssueLink(subject_type="report", subject_id=138, tracker="linear", marker="a", key="WEB-1012", url="https://x"),
        IssueLink(subject_type="report", subject_id=5, tracker="linear", marker="b", key="WEB-1013", labels=["UX"]),
        pull(50, 815, 2, data={"labels": ["needs-design-review"]}),
        pull(51, 816, 2, title="needs-design-review"),
        pull(52, 817, 9, data={"labels": ["needs-design-review"]}, state="merged"),
    )

    facts = await told(services, NEEDS)

    assert facts.summary == "3"
    assert said(facts.items) == [
        "BUG-138 S3 · Contrast of disabled buttons — waiting 4 d · WEB-1012",
        "BUG-5 S3 · Contrast of disabled buttons — waiting 24 h · WEB-1013",
        "PR #815 New empty state — needs-design-review, open for 2 d, by ana",
    ]


async def test_pull_request_is_by_whose_account_it_is_when_that_is_known(services: Services) -> None:
    await keep(
        services,
        Person(slack_user_id="U0ANA", name="Ana Lima", email="ana@acme.example", tracker_accounts={"github": "ana"}),
        pull(50, 815, 2, data={"labels": ["needs-design-review"]}),
    )

    facts = await told(services, NEEDS)

    assert said(facts.items) == ["PR #815 New empty state — needs-design-review, open for 2 d, by Ana Lima"]


async def test_only_what_waits_for_more_than_two_days_is_told_when_it_is_not_the_week(services: Services) -> None:
    await people(services)
    await keep(services, bug(1, 3), bug(2, 1))

    facts = await told(services, NEEDS, Slot.DAILY)

    assert [item.subject for item in facts.items] == ["report:1"]


async def test_changes_of_releases_are_told_when_customers_see_them(services: Services) -> None:
    await people(services)
    await keep(services, *(pull(one, 800 + one, 9, state="merged") for one in range(1, 5)))
    await keep(
        services,
        Release(id=1, source="github", repo="acme/web", tag="v2", published_at=ago(2)),
        Release(id=2, source="github", repo="acme/web", tag="v1", published_at=ago(9)),
        change(1, 1, "Skeleton loading in Reports"),
        change(1, 2, "Rename a class", kind=ChangeKind.INTERNAL),
        change(1, 3, "Hidden flag", state=ChangeState.INTERNAL),
        change(2, 4, "Last week"),
    )

    facts = await told(services, SHIPPED)

    assert (facts.summary, said(facts.items)) == ("1", ["#801 Skeleton loading in Reports"])


def change(release_id: int, item_id: int, title: str, **more: Any) -> ReleaseChange:
    usual = {"kind": ChangeKind.FEATURE, "state": ChangeState.DETECTED}
    return ReleaseChange(release_id=release_id, item_id=item_id, title=title, **{**usual, **more})
