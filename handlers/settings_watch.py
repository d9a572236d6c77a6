"""Read the settings file anew when it changes: a good one counts at once, of a broken one the admins are told."""

import asyncio
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.routing import reload
from bot.routing.load import Problem
from bot.routing.reload import Revision
from bot.routing.settings import Settings
from bot.routing.settings_file import Reading, SettingsFile, channels_named, problems_of, summary
from bot.services import Services
from handlers.slack.channels import find_ids, why_unusable
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.outbox import Draft, Outbox, SlackDown
from handlers.slack.people import find_people
from handlers.views import settings_news
from storage import record
from storage.models import AuditEvent
from storage.queue import GiveUp, RetryLater

log = structlog.get_logger(__name__)

# How often the file is looked at. It is read when two looks in a row agree: never half written.
LOOK_EVERY_S = 2
# A channel that kept a file from counting may have been mended in Slack, without a change of the file.
ASK_AGAIN_S = 60


class SettingsWatch:
    """Looks at the file now and then; `bot.app` lets it run. `is_hurried`: the next look reads it in any case."""

    def __init__(self, file: SettingsFile, services: Services, outbox: Outbox) -> None:
        self._file = file
        self._services = services
        self._outbox = outbox
        self._seen = self._done = file.signature(services.settings)
        self.is_hurried = False
        self._ask_again_at = float("inf")

    def hurry(self) -> None:
        """Have the file read at the next look, whether it has changed or not."""
        self.is_hurried = True

    async def look(self) -> None:
        """Read the file if it has changed; what Slack or the database cannot say now is asked at the next look."""
        if not self._is_due():
            return
        signature = self._seen
        reading = await asyncio.to_thread(self._file.read)
        try:
            problems = await self._judge(reading)
        except (RetryLater, SlackDown, SQLAlchemyError) as failure:
            log.warning("settings_not_read", error=type(failure).__name__)
            return
        self._done, self.is_hurried = signature, False
        is_only_channels = bool(problems and reading.settings)
        self._ask_again_at = time.monotonic() + ASK_AGAIN_S if is_only_channels else float("inf")

    def _is_due(self) -> bool:
        signature = self._file.signature(self._services.settings)
        is_settled, self._seen = signature == self._seen, signature
        is_changed = is_settled and signature != self._done
        return self.is_hurried or is_changed or time.monotonic() >= self._ask_again_at

    async def _judge(self, reading: Reading) -> tuple[Problem, ...]:
        """Put the file in force or refuse it; return what is wrong with it."""
        services = self._services
        revision = Revision(self._file.name, reading.digest, services.now())
        problems, ids = reading.problems, dict[str, str]()
        if reading.settings is not None:
            ids, unusable = await _ask_slack(self._outbox, reading.settings, channels_named(reading.text))
            problems = problems_of(reading.text, unusable)
        if reading.settings is None or problems:
            in_force = services.settings
            await services.database.write(
                services.workspace, lambda one: reload.keep_refused(one, in_force, revision, problems)
            )
            log.error("settings_refused", file=self._file.name, problems=[str(problem) for problem in problems])
            return problems
        settings = reading.settings.with_ids(ids, ids)
        await services.database.write(services.workspace, lambda one: reload.keep_in_force(one, settings, revision))
        services.in_force.replace(settings, reading.text)
        names = [f"{name} is {found}" for name, found in ids.items()]
        log.info("settings_reloaded", file=self._file.name, holds=summary(settings), names=names)
        return ()


async def tell_admin(task: Task) -> None:
    """Tell an administrator that a settings file is refused, or mended."""
    event_id, slack_user_id = int(task.payload["event_id"]), str(task.payload["slack_user_id"])
    event = await task.services.database.read(
        task.services.workspace, lambda session: session.get(AuditEvent, event_id)
    )
    if event is None:
        raise GiveUp("the settings file it is about is forgotten")
    draw = settings_news.refused if event.action == record.REFUSED else settings_news.mended
    draft = Draft(*draw(event.after), marker=f"liaison:settings:{event_id}")
    await task.outbox.tell(slack_user_id, draft, may_have_been_posted=task.job.may_have_run)


async def look_up_people(outbox: Outbox, settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """Give the id of each person that settings name as @name, and what is wrong with names that are not one's."""
    found = await find_people(outbox, settings.person_names())
    wrong = {name: _why_nobody(ids) for name, ids in found.items() if len(ids) != 1}
    return {name: ids[0] for name, ids in found.items() if name not in wrong}, wrong


async def _ask_slack(
    outbox: Outbox, settings: Settings, channels: tuple[str, ...]
) -> tuple[dict[str, str], dict[str, str]]:
    """Give the ids of #names and @names, and what is wrong with the channels and people that cannot be used."""
    people, wrong = await look_up_people(outbox, settings)
    ids = await find_ids(outbox, channels)
    for channel in channels:
        if channel.startswith("#") and channel not in ids:
            wrong[channel] = "there is no such channel, or it is private: create it, or type `/invite @Liaison` in it"
        elif why := await why_unusable(outbox, ids.get(channel, channel)):
            wrong[channel] = why
    return ids | people, wrong


def _why_nobody(found: list[str]) -> str:
    if not found:
        return "nobody is called so; expected a member id like U0123ABCD, or the name Slack shows"
    return f"{len(found)} people are called so: write the member id of the one you mean"


FEATURE = Feature(name="settings", jobs={reload.TELL_ADMIN: JobSpec(tell_admin)})
