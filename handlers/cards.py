"""Post and redraw a card: the only place that knows its channel and ts."""

from bot.triage import jobs, lookup
from bot.triage.cards import Card
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.messages import gather_thread
from handlers.slack.outbox import PACE, Draft
from handlers.slack.people import learn_names
from handlers.views import confirmation, triage_card
from storage import people, reports
from storage.database import WorkspaceSession
from storage.queue import GiveUp, NewJob, defer


async def post(task: Task) -> None:
    """Post the card of a new report, once, and have its reporter told."""
    report_id = int(task.payload["report_id"])
    card = await lookup.card_for_channel(task.services, report_id)
    if card is None or card.card_ts:
        return
    await learn_names(task, [card.reporter])
    await gather_thread(task, report_id)
    card = await lookup.card_for_channel(task.services, report_id) or card
    channel = await _channel(task, report_id)
    ts = await task.outbox.post(channel, _draft(card), may_have_been_posted=task.job.may_have_run)
    permalink = await task.outbox.call("chat.getPermalink", channel=channel, message_ts=ts)
    await _remember(task, card, channel=channel, ts=ts, permalink=str(permalink.get("permalink", "")))


async def redraw(task: Task) -> None:
    """Draw a card anew in place."""
    card = await lookup.card_for_channel(task.services, int(task.payload["report_id"]))
    # A card that is not posted yet is drawn in its newest state when it is.
    if card is None or not card.card_ts:
        return
    await task.outbox.update(card.card_channel, card.card_ts, _draft(card))


async def confirm(task: Task) -> None:
    """Tell who filed a report its key, and where the card is."""
    card = await lookup.card_for_channel(task.services, int(task.payload["report_id"]))
    if card is None:
        return
    draft = Draft(*confirmation.filed(card), marker=f"liaison:filed:{card.line.report_id}")
    channel = str(task.payload.get("channel", ""))
    if channel and not card.line.private:
        await task.outbox.whisper(channel, card.reporter.slack_user_id, draft)
    else:
        await task.outbox.tell(card.reporter.slack_user_id, draft, may_have_been_posted=task.job.may_have_run)
    if task.payload.get("source_ts"):
        await _tick(task, channel, str(task.payload["source_ts"]))


def _draft(card: Card) -> Draft:
    return Draft(triage_card.summary(card), triage_card.draw(card), f"liaison:card:{card.line.report_id}")


async def _tick(task: Task, channel: str, ts: str) -> None:
    """Answer 🎫 with ✅ on the message itself."""
    try:
        await task.outbox.call("reactions.add", channel=channel, timestamp=ts, name="white_check_mark")
    except GiveUp as refusal:
        if str(refusal) != "already_reacted":
            raise


async def _channel(task: Task, report_id: int) -> str:
    def unit(session: WorkspaceSession) -> str:
        report = reports.get(session, report_id)
        team = people.team(session, report.team_key) if report else None
        return team.channel_id if team else ""

    channel = await task.services.database.read(task.services.workspace, unit)
    if not channel:
        raise GiveUp("the team has no channel: name one in the settings file, then `liaison queue retry`")
    return channel


async def _remember(task: Task, drawn: Card, *, channel: str, ts: str, permalink: str) -> None:
    def unit(session: WorkspaceSession) -> None:
        report = reports.get(session, drawn.line.report_id)
        assert report is not None
        is_outdated = report.version != drawn.version
        report.card_channel, report.card_ts = channel, ts
        report.card_permalink = permalink
        session.add(report)
        payload = {
            "report_id": report.id,
            "channel": report.source_channel,
            "source_ts": report.source_ts,
        }
        lane = f"dm:{drawn.reporter.slack_user_id}"
        defer(session, NewJob(JobKind.CONFIRM_REPORT, payload, lane, f"filed:{report.id}"))
        jobs.file_issue(session, report, "card")
        if task.payload.get("is_new"):
            jobs.tell_owner(session, report)
        for notified in task.payload.get("notify", ()):
            jobs.notify(session, report, str(notified))
        if is_outdated:
            jobs.redraw(session, report)

    await task.services.database.write(task.services.workspace, unit)


FEATURE = Feature(
    name="cards",
    jobs={
        JobKind.POST_CARD: JobSpec(post, PACE),
        JobKind.REDRAW_CARD: JobSpec(redraw),
        JobKind.CONFIRM_REPORT: JobSpec(confirm),
    },
)
