"""Rows that many tests begin with."""

from datetime import UTC, datetime

from storage import people, reports
from storage.database import WorkspaceSession
from storage.models import FollowReason, Report, Source

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def add_report(session: WorkspaceSession, title: str = "Basket is empty", *, reporter: str = "U0EVE") -> int:
    """Add a report with its reporter and a follower, and give its id."""
    person = people.meet(session, reporter, "Eve")
    assert person.id is not None
    report = Report(
        number=reports.next_number(session),
        title=title,
        source=Source.COMMAND,
        reporter_id=person.id,
        team_key="checkout",
        created_at=NOW,
        top_at=NOW,
    )
    session.add(report)
    session.flush()
    reports.follow(session, report, person.id, FollowReason.REPORTER)
    assert report.id is not None
    return report.id
