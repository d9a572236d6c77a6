"""Files go from Slack into the issue: the same bytes, once each, and none that is to stay in Slack."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.triage import editing, files
from bot.triage.comments_out import Reply, forget_reply, keep_reply
from bot.triage.files import NotGiven
from bot.triage.jobs import JobKind
from integrations.markup import markdown
from integrations.trackers.base import Ability, File, NotAccepted
from storage.models import IssueFile, Job, JobState
from tests.bot.triage.acting import accepted, jobs_of, order
from tests.bot.triage.at_work import CARD, Desk
from tests.bot.triage.paper_tracker import DOWN, LOST, REFUSED
from tests.conftest import read

SCREEN, LOG = "F0SCREEN01", "F0LOG00001"
PNG = File("whatever.png", b"\x89PNG\r\n\x1a\n", "image/png")
TS = "1700000001.000100"
TOO_LARGE = NotAccepted("Paper did not accept it while copying the file: it is too large.", retryable=False)


def attachment(slack_file_id: str, name: str) -> dict[str, str]:
    return {"id": slack_file_id, "name": name, "permalink": f"https://acme.slack.com/files/U0EVE/{slack_file_id}/x"}


@pytest.fixture
def takes_files(desk: Desk) -> Desk:
    """The desk of a tracker that takes files, and two files in Slack."""
    desk.paper.abilities = frozenset(Ability)
    desk.shelf.files = {SCREEN: PNG, LOG: File("log", b"a log", "text/plain")}
    return desk


async def filed(desk: Desk, *attachments: dict[str, str]) -> int:
    report_id = await accepted(desk.services, attachments=attachments or (attachment(SCREEN, "screen.png"),))
    await desk.post_card(report_id)
    await desk.work(for_s=3)
    return report_id


async def reply(desk: Desk, words: str, *found: dict[str, str], edited: str = "") -> None:
    await keep_reply(
        desk.services, Reply(CARD[0], TS, CARD[1], "U0BO", markdown.read(words), edited_ts=edited, files=found)
    )


def copies(desk: Desk) -> list[tuple[str, bytes]]:
    return [(one.name, one.content) for one in desk.paper.files.get("1", [])]


async def rows(desk: Desk) -> list[IssueFile]:
    return await read(desk.services, lambda session: list(session.exec(select(IssueFile).order_by(col(IssueFile.id)))))


async def again(desk: Desk) -> None:
    """Have the job done once more, as after a kill before its end was known."""

    def unit(session) -> None:
        for job in session.exec(select(Job).where(Job.kind == JobKind.COPY_FILE)):
            job.state, job.finished_at = JobState.READY, None
            session.add(job)

    await desk.services.database.write(desk.services.workspace, unit)
    await desk.work(for_s=40)


async def test_files_of_a_report_are_in_its_issue_with_their_bytes(takes_files: Desk) -> None:
    await filed(takes_files, attachment(SCREEN, "screen.png"), attachment(LOG, "worker log"))

    assert copies(takes_files) == [(f"screen-{SCREEN}.png", PNG.content), (f"worker log-{LOG}", b"a log")]
    assert [one.media_type for one in takes_files.paper.files["1"]] == ["image/png", "text/plain"]
    assert [row.url for row in await rows(takes_files)] == [
        f"https://paper.example/web/1/{name}" for name, _ in copies(takes_files)
    ]


async def test_file_of_a_reply_follows_its_comment_once_when_the_reply_is_edited(takes_files: Desk) -> None:
    await takes_files.filed()

    await reply(takes_files, "See", attachment(SCREEN, "screen.png"))
    await takes_files.work()
    await reply(takes_files, "See this", attachment(SCREEN, "screen.png"), edited="1700000002.000100")
    await takes_files.work()

    assert copies(takes_files) == [(f"screen-{SCREEN}.png", PNG.content)]
    assert takes_files.paper.calls.index("comment") < takes_files.paper.calls.index("attach")


async def test_nothing_is_read_from_slack_when_the_tracker_takes_no_files(desk: Desk) -> None:
    await filed(desk)

    assert (desk.shelf.asked, await rows(desk)) == ([], [])
    assert f"/files/U0EVE/{SCREEN}/" in markdown.write(desk.paper.issues["1"].body)


@pytest.mark.parametrize("words", ["🔒 Only here", ":lock: Only here"])
async def test_file_of_a_locked_reply_stays_in_slack(takes_files: Desk, words: str) -> None:
    await takes_files.filed()

    await reply(takes_files, words, attachment(SCREEN, "screen.png"))
    await takes_files.work()

    assert (copies(takes_files), takes_files.shelf.asked) == ([], [])


async def test_file_stays_in_slack_when_the_report_was_made_private_meanwhile(takes_files: Desk) -> None:
    takes_files.shelf.files[SCREEN] = DOWN
    report_id = await filed(takes_files)
    await editing.set_private(takes_files.services, order(report_id), private=True)
    takes_files.shelf.files[SCREEN] = PNG

    await takes_files.work(for_s=60)

    assert copies(takes_files) == []


async def test_file_stays_in_slack_when_its_reply_was_deleted_meanwhile(takes_files: Desk) -> None:
    await takes_files.filed()
    takes_files.shelf.files[SCREEN] = DOWN
    await reply(takes_files, "See", attachment(SCREEN, "screen.png"))
    await takes_files.work()
    await forget_reply(takes_files.services, CARD[0], TS, CARD[1])
    takes_files.shelf.files[SCREEN] = PNG

    await takes_files.work(for_s=60)

    assert copies(takes_files) == []


async def test_private_report_copies_nothing(takes_files: Desk) -> None:
    await accepted(takes_files.services, private=True, attachments=(attachment(SCREEN, "screen.png"),))

    await takes_files.work(for_s=5)

    assert (takes_files.paper.files, takes_files.shelf.asked) == ({}, [])


async def test_file_is_there_once_when_the_job_runs_twice(takes_files: Desk) -> None:
    await filed(takes_files)

    await again(takes_files)

    assert len(copies(takes_files)) == 1


async def test_file_is_there_once_when_killed_between_there_and_here(takes_files: Desk) -> None:
    await filed(takes_files)

    def forget(session) -> None:
        row = session.exec(select(IssueFile)).one()
        row.url = ""
        session.add(row)

    await takes_files.services.database.write(takes_files.services.workspace, forget)
    await again(takes_files)

    assert len(copies(takes_files)) == 1
    assert [row.url for row in await rows(takes_files)] == [f"https://paper.example/web/1/screen-{SCREEN}.png"]


@pytest.mark.parametrize("failure", [LOST, DOWN])
async def test_file_is_there_once_when_the_tracker_fails(takes_files: Desk, failure: Exception) -> None:
    report_id = await accepted(takes_files.services)
    await takes_files.post_card(report_id)
    await takes_files.work()
    await reply(takes_files, "See", attachment(SCREEN, "screen.png"))
    takes_files.paper.failures = [None, failure]

    await takes_files.work(for_s=60)

    assert len(copies(takes_files)) == 1
    assert [bool(row.url) for row in await rows(takes_files)] == [True]


@pytest.mark.parametrize("refusal", [NotGiven("it has 32.0 MiB."), TOO_LARGE])
async def test_person_is_told_once_when_a_file_is_not_copied(takes_files: Desk, refusal: Exception) -> None:
    if isinstance(refusal, NotGiven):
        takes_files.shelf.files[SCREEN] = refusal
    await takes_files.filed()
    takes_files.paper.failures = [None, refusal] if isinstance(refusal, NotAccepted) else []
    await reply(takes_files, "See", attachment(SCREEN, "screen.png"))

    await takes_files.work(for_s=5)

    [row] = await rows(takes_files)
    assert (row.error, copies(takes_files)) == (str(refusal), [])
    assert takes_files.told == [{"file_id": row.id, "slack_user_id": "U0BO"}]
    untold = await files.untold(takes_files.services, row.id or 0)
    assert untold is not None
    assert (untold.name, untold.issue_key, untold.why) == ("screen.png", "acme/web#1", str(refusal))
    assert [job.state for job in await jobs_of(takes_files.services, JobKind.COPY_FILE)] == [JobState.DONE]


async def test_all_files_wait_and_their_person_is_told_once_when_the_scope_is_missing(takes_files: Desk) -> None:
    refusal = NotGiven("files:read is missing.", mendable=True)
    takes_files.shelf.files = {SCREEN: refusal, LOG: refusal}

    await filed(takes_files, attachment(SCREEN, "screen.png"), attachment(LOG, "log.txt"))

    given_up = await jobs_of(takes_files.services, JobKind.COPY_FILE)
    assert [(job.state, job.error) for job in given_up] == [(JobState.DEAD, "files:read is missing.")] * 2
    assert [one["slack_user_id"] for one in takes_files.told] == ["U0EVE"]
    takes_files.shelf.files = {SCREEN: PNG, LOG: PNG}
    await again(takes_files)
    assert [name for name, _ in copies(takes_files)] == [f"screen-{SCREEN}.png", f"log-{LOG}.txt"]
    assert [row.error for row in await rows(takes_files)] == ["", ""]


async def test_file_waits_for_a_permission_that_the_tracker_wants(takes_files: Desk) -> None:
    await takes_files.filed()
    takes_files.paper.failures = [None, REFUSED]
    await reply(takes_files, "See", attachment(SCREEN, "screen.png"))
    await takes_files.work(for_s=5)
    refused = copies(takes_files)

    takes_files.clock.leap(timedelta(minutes=11))
    # Something else that it takes.
    await takes_files.reply("More", "1700000003.000100")
    await takes_files.work(for_s=40)

    assert (refused, len(copies(takes_files))) == ([], 1)


async def test_name_holds_nothing_that_a_server_would_take_for_a_path(takes_files: Desk) -> None:
    await filed(takes_files, attachment(SCREEN, '../../"a"\\b.png'), attachment("../../etc", "passwd"))

    assert [name for name, _ in copies(takes_files)] == [f'.._.._"a"_b-{SCREEN}.png'.replace('"', "_")]
