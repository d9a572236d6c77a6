"""Report a bug: `/bug`, the form, the shortcuts."""

from typing import Any

from bot.duplicates import Candidate
from bot.errors import UserError
from bot.triage import held, intake, lookup
from bot.triage.decisions import Order
from bot.triage.intake import NewReport
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Request, Task
from handlers.slack.outbox import Draft
from handlers.views import confirmation, home, lists, report_form, triage_card
from handlers.views.report_form import Opening, Submitted
from storage.models import Source, Via

COMMAND = "/bug"
MESSAGE_SHORTCUT = "report_message"
GLOBAL_SHORTCUT = "report_bug"


async def bug(request: Request) -> None:
    """Answer `/bug`: open the form, look for words, or show the report of a key."""
    typed = str(request.body.get("text") or "").strip()
    first, _, rest = typed.partition(" ")
    if first.lower() == "find":
        await request.ack()
        await _find(request, rest.strip())
    elif lookup.parse_key(typed) is not None and typed.lower().startswith("bug-"):
        await request.ack()
        card = await lookup.card_by_key(request.services, typed, request.user_id)
        await request.say(triage_card.summary(card), triage_card.draw_open(card))
    else:
        await open_form(request, Opening(channel=request.channel, title=typed))
        await request.ack()


async def open_form(request: Request, opening: Opening) -> None:
    """Open the form, with this channel's component chosen."""
    services = request.services
    component = opening.component_key or services.settings.component_for_channel(opening.channel) or ""
    prefilled = Opening(
        channel=opening.channel,
        title=opening.title,
        what=opening.what,
        component_key=component,
        source_ts=opening.source_ts,
        thread_ts=opening.thread_ts,
        form_id=report_form.new_form_id(),
    )
    view = report_form.draw(prefilled, await lookup.component_choices(services))
    if opening.title and not opening.source_ts:
        view = report_form.with_known(view, await intake.find_known(services, opening.title))
    await request.outbox.call("views.open", trigger_id=request.trigger_id, view=view)


async def title_entered(request: Request) -> None:
    """Show what is perhaps known already, as soon as the title is entered."""
    view = request.body["view"]
    typed = report_form.read(view)
    known = await intake.find_known(request.services, typed.title, typed.what, typed.url)
    drawn = report_form.with_known(view, known)
    await request.outbox.call("views.update", view_id=view["id"], hash=view["hash"], view=drawn)
    await request.ack()


async def add_me(request: Request) -> None:
    """Count whoever fills the form on a report that is known; the form has done its work."""
    report_id = triage_card.pressed(request.body["actions"][0])
    joined = await intake.join(request.services, Order(report_id, request.user_id, Via.MODAL, request.key))
    view, shown = request.body["view"], report_form.joined(joined.key)
    await request.outbox.call("views.update", view_id=view["id"], hash=view["hash"], view=shown)
    await request.ack()


async def open_from_home(request: Request) -> None:
    """Open the form from App Home or the global shortcut."""
    await open_form(request, Opening(channel=""))
    await request.ack()


async def open_from_message(request: Request) -> None:
    """Open the form with the words of a message."""
    message: dict[str, Any] = request.body.get("message") or {}
    words = str(message.get("text") or "")
    if message.get("bot_id") or words.lstrip().startswith((":megaphone:", "📣")):
        raise UserError("This message is not to be filed: it comes from a bot, or starts with 📣.")
    opening = Opening(
        channel=request.channel,
        title=words.strip().splitlines()[0][:200] if words.strip() else "",
        what=words if "\n" in words.strip() or len(words) > 200 else "",
        source_ts=str(message.get("ts") or request.body.get("message_ts", "")),
        thread_ts=str(message.get("thread_ts") or ""),
    )
    await open_form(request, opening)
    await request.ack()


async def submit(request: Request) -> None:
    """File the report, or ask first whether it is one that is known."""
    submitted = report_form.read(request.body["view"])
    known = await _nearly_sure(request, submitted)
    if known and not submitted.private:
        await held.hold(request.services, _new_report(request, submitted), submitted.form_id)
        view = report_form.draw_known(submitted.form_id, submitted.title, known)
        await request.ack(response_action="update", view=view)
        return
    await intake.report_bug(request.services, _new_report(request, submitted))
    await request.ack()


async def _nearly_sure(request: Request, submitted: report_form.Submitted) -> list[Candidate]:
    if submitted.source_ts:
        return []
    return await intake.find_nearly_sure(request.services, submitted.title, submitted.what, submitted.url)


async def choose(request: Request) -> None:
    """Join the report that is known, or file the one that waits."""
    chosen = report_form.read_known(request.body["view"])
    if chosen.join_report_id is not None:
        order = Order(chosen.join_report_id, request.user_id, Via.MODAL, f"form:{chosen.form_id}")
        await intake.join(request.services, order)
    else:
        await held.file(request.services, chosen.form_id, request.user_id)
    await request.ack()


async def confirm_follower(task: Task) -> None:
    """Tell who joined a report how it stands."""
    slack_user_id = str(task.payload["slack_user_id"])
    card = await lookup.card_to_tell(task.services, int(task.payload["report_id"]), slack_user_id)
    if card is None:
        return
    marker = f"liaison:joined:{card.line.report_id}:{slack_user_id}"
    draft = Draft(*confirmation.joined(card), marker=marker)
    await task.outbox.tell(slack_user_id, draft, may_have_been_posted=task.job.may_have_run)


async def _find(request: Request, words: str) -> None:
    if not words:
        raise UserError("Say what to look for: `/bug find checkout button`.")
    found = await lookup.find_reports(request.services, request.user_id, words)
    await request.say(*lists.found(found, words))


async def file_held(request: Request) -> None:
    """File a report whose second step was never answered."""
    form_id = str(request.body["actions"][0]["value"])
    await held.file(request.services, form_id, request.user_id)
    await request.ack()


async def remind_held(task: Task) -> None:
    """Ask who left the second step open whether to file what they wrote."""
    form_id, slack_user_id = str(task.payload["form_id"]), str(task.payload["slack_user_id"])
    title = await held.title(task.services, form_id)
    if title:
        draft = Draft(*confirmation.held(title, form_id), marker=f"liaison:held:{form_id}")
        await task.outbox.tell(slack_user_id, draft, may_have_been_posted=task.job.may_have_run)


def _new_report(request: Request, submitted: Submitted) -> NewReport:
    return NewReport(
        title=submitted.title,
        what=submitted.what,
        expected=submitted.expected,
        url=submitted.url,
        severity=submitted.severity,
        component_key=submitted.component_key or None,
        private=submitted.private,
        reporter=request.user_id,
        source=Source.SHORTCUT if submitted.source_ts else Source.COMMAND,
        via=Via.MODAL,
        request_key=f"form:{submitted.form_id}" if submitted.form_id else request.key,
        source_channel=submitted.channel,
        source_ts=submitted.source_ts,
        source_thread_ts=submitted.thread_ts,
    )


FEATURE = Feature(
    name="bugs",
    commands={COMMAND: bug},
    actions={
        home.REPORT: open_from_home,
        report_form.TITLE: title_entered,
        report_form.ADD_ME: add_me,
        confirmation.FILE_HELD: file_held,
    },
    views={report_form.FORM: submit, report_form.KNOWN: choose},
    shortcuts={MESSAGE_SHORTCUT: open_from_message, GLOBAL_SHORTCUT: open_from_home},
    jobs={
        JobKind.CONFIRM_FOLLOWER: JobSpec(confirm_follower),
        JobKind.REMIND_HELD: JobSpec(remind_held),
    },
)
