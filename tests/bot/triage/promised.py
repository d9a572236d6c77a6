"""A team with promises, over a real database and a real queue, with a clock that goes from one job to the next."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlmodel import col, func, select

from bot.routing import mirror
from bot.routing.load import load_settings
from bot.routing.terms import Stage
from bot.services import Services
from bot.triage import nudges
from bot.triage.nudges import Made
from storage.models import Job, JobState
from storage.queue import JobHandler, TakenJob
from storage.queue.embedded import Worker
from tests.bot.triage.acting import ADMIN
from tests.conftest import WORKSPACE, Clock, kept, read

LEAD = "U0LEAD"
OWN = ("check_promise", "nudge")
_OTHERS = delete(Job).where(col(Job.kind).not_in(OWN))
SETTINGS = """
version: 1
teams:
  checkout: {{channel: C0CHECKOUT, name: Checkout, people: [U0BO, U0FINN], {lead} working_hours: {{tz: "{zone}"}}}}
  web: {{channel: C0WEB, name: Web, people: [U0ANA, U0BO], working_hours: {{tz: "{zone}", from: "12:00", to: "20:00"}}}}
components:
  checkout: {{owner: checkout, name: Checkout}}
  search: {{owner: web, name: Search}}
channels:
  C0QA: checkout
routes:
  - {{name: outage, when: {{any_word: outage}}, set: {{component: checkout, severity: S1}}}}
  - {{name: typo, when: {{any_word: typo}}, set: {{component: checkout, severity: S4}}}}
  - {{name: what was chosen, when: {{component: given}}, set: {{component: as-given}}}}
  - {{name: rest, when: always, set: {{team: checkout}}}}
roles:
  admin: [{admins}]
days_off: [{days_off}]
"""


@dataclass
class Team:
    """A team in its zone: what its promises say, and every nudge it got, as the clock on its wall showed it."""

    services: Services
    clock: Clock
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Berlin"))
    heard: list[str] = field(default_factory=list)

    async def settle_in(self, *, lead: str = f"lead: {LEAD},", admins: str = ADMIN, days_off: str = "") -> None:
        """Put settings in force."""
        text = SETTINGS.format(zone=self.zone.key, lead=lead, admins=admins, days_off=days_off)
        settings = load_settings(text, "liaison.yaml")
        self.services.in_force.replace(settings, text)
        await self.services.database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))

    def at(self, shown: str) -> None:
        """Turn the clock to what the team's wall shows."""
        self.clock.now = self.moment(shown)

    def moment(self, shown: str) -> datetime:
        return datetime.fromisoformat(shown).replace(tzinfo=self.zone).astimezone(UTC)

    def shown(self, moment: datetime | None) -> str:
        return f"{moment.astimezone(self.zone):%a %H:%M}" if moment else "never"

    async def due(self, report_id: int) -> str:
        return self.shown((await kept(self.services, report_id)).due_at)

    async def live(self, until: str) -> list[str]:
        """Let time pass, from each job to the next; return the nudges that came meanwhile."""
        self.heard.clear()
        end = self.moment(until)
        while (next_at := await self._next()) is not None and next_at <= end:
            self.clock.now = max(self.clock.now, next_at)
            await self.work()
        self.clock.now = end
        return list(self.heard)

    async def work(self) -> list[str]:
        """Do whatever is due now."""
        before = len(self.heard)
        # The cards are made by what is real now, and would keep those of another year waiting in their lanes.
        await self.services.database.write(WORKSPACE, lambda session: session.connection().execute(_OTHERS))
        handlers = {"check_promise": JobHandler(self._check), "nudge": JobHandler(self._nudge)}
        await Worker(self.services.database, WORKSPACE, handlers, self.clock).drain()
        return self.heard[before:]

    async def _next(self) -> datetime | None:
        waiting = select(func.min(Job.run_at)).where(col(Job.kind).in_(OWN), Job.state == JobState.READY)
        return await read(self.services, lambda session: session.exec(waiting).one())

    async def _check(self, job: TakenJob) -> None:
        await nudges.check(self.services, made_for(job))

    async def _nudge(self, job: TakenJob) -> None:
        if await nudges.read_nudge(self.services, made_for(job)) is not None:
            hearer = job.payload["slack_user_id"] or "thread"
            self.heard.append(f"{self.shown(self.clock.now)} {made_for(job).stage.name.lower()} {hearer}")


def made_for(job: TakenJob | Job) -> Made:
    due_at = datetime.fromisoformat(str(job.payload["due_at"]))
    return Made(int(job.payload["report_id"]), due_at, Stage(int(job.payload["stage"])))


async def berlin(services: Services, clock: Clock) -> Team:
    """Berlin, nine to five, with a lead."""
    made = Team(services, clock)
    await made.settle_in()
    return made
