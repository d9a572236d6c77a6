"""A seeded year of reports with all that can be in one: every state and resolution, private ones, what came back.

Some were asked back or snoozed, some closings were undone, some came by a tracker and so lack moments.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    Component,
    Decision,
    FoundIn,
    Person,
    Report,
    ReportState,
    Resolution,
    Severity,
    Source,
    Via,
)

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
DAYS = 400
COUNT = 1500
EVE, BO = 1, 2
_HOUR = timedelta(hours=1)
_DECLINED = (Resolution.NOT_A_BUG, Resolution.BY_DESIGN, Resolution.CANNOT_REPRODUCE, Resolution.WILL_NOT_FIX)
_SEVERITIES = (Severity.S1, Severity.S2, Severity.S3, Severity.S3, Severity.S4)


class Year:
    """Makes the rows; the same seed makes the same year. Ids begin after `after`, so that a second year fits in."""

    def __init__(self, seed: int = 7, after: int = 0, count: int = COUNT) -> None:
        self._chance = random.Random(seed)
        self._after = after
        self.reports: list[Report] = []
        # As plain rows: there are many, and objects of them would take longer than all else.
        self.decisions: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self._undone: list[tuple[int, int]] = []
        self._keeps = random.Random(seed)
        for number in range(1, count + 1):
            self._live(self._report(number, number / count))

    def write(self, session: WorkspaceSession) -> None:
        """Write all rows."""
        for person, name in ((EVE, "Eve"), (BO, "Bo")):
            session.add(Person(id=self._after + person, slack_user_id=f"U0{name.upper()}", name=name))
        for key, name in (("checkout", "Checkout"), ("search", "Search")):
            session.add(Component(key=key, name=name, team_key="web"))
        session.flush()
        session.add_all(self.reports)
        session.flush()
        for table, rows in ((Decision, self.decisions), (AuditEvent, self.events)):
            session.execute(insert(table), [{**one, "workspace": session.workspace} for one in rows])
        for closing, undo in self._undone:
            session.execute(update(Decision).where(col(Decision.id) == closing).values(undone_by_id=undo))

    def _report(self, number: int, part: float) -> Report:
        """Make a report that came in after this part of the year; fewer do at weekends."""
        chance = self._chance
        at = NOW - timedelta(days=DAYS * (1 - part)) + _HOUR * chance.uniform(-12, 0)
        if at.weekday() >= 5 and chance.random() < 0.7:
            at += timedelta(days=2)
        at = min(at, NOW - timedelta(minutes=chance.randint(1, 900)))
        report = Report(
            id=self._after + number,
            number=number,
            title=f"Bug {number}",
            source=Source.COMMAND,
            reporter_id=self._after + EVE,
            team_key=chance.choice(("checkout", "web")),
            component_key=chance.choice(("checkout", "search", None)),
            found_in=chance.choice(tuple(FoundIn)),
            severity=chance.choice((None, *_SEVERITIES)),
            proposed_severity=chance.choice((None, None, Severity.S1, Severity.S3)),
            regression_of_id=self._after + 1 if number > 50 and chance.random() < 0.05 else None,
            private=chance.random() < 0.08,
            due_at=at + 8 * _HOUR,
            created_at=at,
            top_at=at,
        )
        self.reports.append(report)
        return report

    def _live(self, report: Report) -> None:
        """Let a report go on its way, as far as there was time for it."""
        if self._chance.random() < 0.08:
            self._come_by_tracker(report)
            return
        at = self._triage(report, report.created_at)
        if at is not None:
            self._work(report, at)

    def _come_by_tracker(self, report: Report) -> None:
        """Let the tracker decide: what it skips is never known."""
        at = report.created_at + _HOUR * self._chance.expovariate(1 / 100)
        if at > NOW:
            return
        if self._chance.random() < 0.3:
            self._close(report, at, "decline", Resolution.WILL_NOT_FIX, Via.SYNC)
            return
        report.state, report.fixed_at = ReportState.FIXED, at
        self._decide(report, "fix", at, via=Via.SYNC)
        self._end(report, at)

    def _triage(self, report: Report, since: datetime) -> datetime | None:
        """Decide on a report, perhaps in several steps; give when it was accepted, if it was."""
        chance = self._chance
        at = since + _HOUR * chance.expovariate(1 / 12)
        if at > NOW or chance.random() < 0.03:
            return None
        if chance.random() < 0.2:
            return self._set_aside(report, at)
        fate = chance.random()
        if fate < 0.17:
            resolution = chance.choice((Resolution.DUPLICATE, *_DECLINED))
            kind = "duplicate" if resolution is Resolution.DUPLICATE else "decline"
            return self._close(report, at, kind, resolution)
        if fate < 0.19:
            return self._close(report, at, "withdraw", Resolution.WITHDRAWN)
        self._accept(report, at)
        return at

    def _set_aside(self, report: Report, at: datetime) -> datetime | None:
        """Ask the reporter or snooze, and take it up again later."""
        chance = self._chance
        kind, back = chance.choice((("ask", "answer"), ("snooze", "wake")))
        report.state = ReportState.NEEDS_INFO if kind == "ask" else ReportState.SNOOZED
        report.due_at = None
        self._decide(report, kind, at)
        at += _HOUR * chance.expovariate(1 / 30)
        if at > NOW:
            return None
        if chance.random() < 0.3:
            self._accept(report, at)
            return at
        if chance.random() < 0.1 and kind == "ask":
            return self._close(report, at, "timeout", Resolution.NO_ANSWER)
        report.state, report.due_at = ReportState.NEW, at + 6 * _HOUR
        self._decide(report, back, at)
        return self._triage(report, at)

    def _accept(self, report: Report, at: datetime) -> None:
        chance = self._chance
        was = report.severity
        report.severity = chance.choice(_SEVERITIES) if was is None or chance.random() < 0.2 else was
        report.state, report.triaged_at, report.due_at = ReportState.ACCEPTED, report.triaged_at or at, None
        report.owner_id = self._after + BO if chance.random() < 0.8 else None
        self._decide(report, "accept" if report.owner_id is None else "take", at, was=was)

    def _work(self, report: Report, since: datetime) -> None:
        chance = self._chance
        at = since + _HOUR * chance.expovariate(1 / 60)
        if at > NOW or chance.random() < 0.1:
            return
        report.state, report.started_at = ReportState.IN_PROGRESS, report.started_at or at
        self._decide(report, "start", at)
        at += _HOUR * chance.expovariate(1 / 120)
        if at <= NOW:
            report.state, report.fixed_at = ReportState.FIXED, at
            self._decide(report, "fix", at)
            self._end(report, at)

    def _end(self, report: Report, since: datetime) -> None:
        """Verify a fix, or send it back; some that were closed come back later."""
        chance = self._chance
        at = since + _HOUR * chance.expovariate(1 / 40)
        if at > NOW:
            return
        if chance.random() < 0.15:
            report.state, report.fixed_at, report.came_back = ReportState.IN_PROGRESS, None, report.came_back + 1
            self._decide(report, "fail", at)
            self._work(report, at)
            return
        if chance.random() < 0.2:
            self._close(report, at, "skip", Resolution.FIXED_NOT_VERIFIED)
        else:
            report.verified_at = at
            self._close(report, at, "verify", Resolution.FIXED)
        again = at + _HOUR * chance.expovariate(1 / 200)
        if chance.random() < 0.1 and again <= NOW:
            self._open(report, ReportState.ACCEPTED)
            report.came_back += 1
            self._decide(report, "reopen", again)

    def _close(
        self, report: Report, at: datetime, kind: str, resolution: Resolution, via: Via = Via.BUTTON
    ) -> datetime | None:
        """Close a report; a few closings are taken back, and then it is triaged anew."""
        report.state, report.resolution, report.closed_at, report.due_at = ReportState.CLOSED, resolution, at, None
        closing = self._decide(report, kind, at, via=via)
        later = at + timedelta(minutes=5)
        if kind not in {"duplicate", "decline"} or via is Via.SYNC or later > NOW or self._chance.random() > 0.15:
            return None
        self._open(report, ReportState.NEW)
        report.due_at = later + 8 * _HOUR
        self._undone.append((closing, self._decide(report, "undo", later)))
        return self._triage(report, later)

    def _open(self, report: Report, state: ReportState) -> None:
        report.state = state
        report.resolution = report.closed_at = report.verified_at = report.fixed_at = None

    def _decide(
        self, report: Report, kind: str, at: datetime, *, via: Via = Via.BUTTON, was: Severity | None = None
    ) -> int:
        """Write a decision down, and what the audit log says of it; give its id."""
        severity = was if kind in {"accept", "take"} else report.severity
        before = {"state": "new", "private": report.private, **({"severity": severity} if severity else {})}
        known = {"subject_type": "report", "subject_id": report.id}
        number, by = self._after + len(self.decisions) + 1, self._after + BO
        in_time = self._keeps.choice((True, True, True, False, None))
        facts = {} if in_time is None or via is Via.SYNC else {"in_time": in_time}
        self.decisions.append(
            {**known, "id": number, "kind": kind, "by_id": by, "at": at, "reason": "", "facts": facts}
        )
        event = {**known, "at": at + timedelta(microseconds=40), "via": via, "action": kind, "actor_id": by}
        self.events.append({**event, "before": before, "after": {}})
        return number
