"""What is fixed and waits to be verified: in which build, and how to check it."""

from dataclasses import dataclass, field

from sqlmodel import col

from bot.digests import report_lines, words
from bot.digests.base import ACTIVITY, Scope
from bot.digests.facts import Act, ActKind, Facts, Item, Line, Rank
from storage import figures, waiting
from storage.database import WorkspaceSession
from storage.models import Person, Report, ReportState, Slot

# Where something is tested is one of the last deployments, or it is not in use.
_LATEST = 50
_TEST_ENVIRONMENTS = ("stag", "test", "qa", "preprod", "pre-prod", "uat")


@dataclass(frozen=True)
class Section:
    """Fixes that wait for a tester, the worst first."""

    name: str = "verify_now"
    about: str = "Verify now"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the fixes that wait."""
        total, oldest = figures.fixes_waiting(session)
        if not total:
            return None
        found = figures.listed(
            session,
            col(Report.state) == ReportState.FIXED,
            order=(col(Report.severity).asc().nulls_last(), col(Report.fixed_at), col(Report.id)),
            limit=report_lines.MOST,
        )
        persons = report_lines.persons(session, found)
        how_many = f"{words.count(total, 'fix', 'fixes')} waiting"
        since = f", oldest {words.age(scope.now - oldest)}" if oldest is not None else ""
        items = tuple(_item(report, persons) for report in found)
        lead = () if scope.failing(ACTIVITY) else _build(session, scope)
        summary = f"{how_many}{since}"
        return Facts(self.name, Rank.NEEDS_YOU, self.about, summary, lead=lead, items=items, total=total)


def _build(session: WorkspaceSession, scope: Scope) -> tuple[Line, ...]:
    """Say which build stands where it can be tested, and since when, if a forge told us of it."""
    for one in waiting.deployed(session, _LATEST):
        environment = str(one.data.get("environment", ""))
        if any(word in environment.casefold() for word in _TEST_ENVIRONMENTS):
            at = one.closed_at or one.updated_at
            is_today = words.day(at, scope.zone) == words.day(scope.now, scope.zone)
            since = words.clock(at, scope.zone) if is_today else words.moment(at, scope.zone)
            return (words.words(f"Build {one.data.get('ref', '')} on {environment} since {since}"),)
    return ()


def _item(report: Report, persons: dict[int, Person]) -> Item:
    build = f" · fixed in {report.fixed_in}" if report.fixed_in else ""
    act = Act(ActKind.VERIFY, str(report.id))
    return report_lines.item(report, build, acts=(act,), details=(_how(report, persons),))


def _how(report: Report, persons: dict[int, Person]) -> Line:
    by = report_lines.name_of(persons, report.reporter_id, "somebody")
    how = words.one_line(report.how_to_check) or f"nobody wrote how{_whom_to_ask(report, persons)}"
    return words.words(f"Check: {how.rstrip('.')}. Reported by {by}")


def _whom_to_ask(report: Report, persons: dict[int, Person]) -> str:
    return f"; ask {report_lines.name_of(persons, report.owner_id)}" if report.owner_id in persons else ""


SECTION = Section()
