"""What waits for a designer: bugs about how it looks and feels, and pull requests to be looked at."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.digests import words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Piece, Rank
from storage import reports, waiting
from storage.database import WorkspaceSession
from storage.models import Report, Slot, SourceItem

LABELS = ("ux",)
PULL_LABEL = "needs-design-review"
# Between two weekly digests only this is worth a message.
LONG = timedelta(days=2)
MOST = 50


@dataclass(frozen=True)
class Section:
    """Open bugs labelled ux, and pull requests labelled needs-design-review; on other days those of more than 2 d."""

    name: str = "needs_designer"
    about: str = "Needs a designer"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=lambda: frozenset({"activity"}))

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read both, the bugs first."""
        before = scope.now - LONG if scope.slot is Slot.DAILY else scope.now
        bugs = waiting.reports_labelled(session, LABELS, before, MOST)
        pulls = waiting.pulls_labelled(session, PULL_LABEL, before, MOST)
        items = (*(_bug(session, one, scope) for one in bugs), *(_pull(one, scope) for one in pulls))
        if not items:
            return None
        return Facts(self.name, Rank.NEEDS_YOU, self.about, summary=f"{len(items)}", items=items)


def _bug(session: WorkspaceSession, report: Report, scope: Scope) -> Item:
    link = reports.issue(session, report.id or 0)
    name = words.link(report.key, report.permalink, is_bold=True)
    issue = words.link(link.key, link.url) if link is not None and link.tracker != "local" and link.key else ""
    rated = f" {report.severity}" if report.severity else ""
    waits = f" · {report.title} — waiting {words.age(scope.now - report.created_at)}"
    return Item(
        subject=f"report:{report.id}",
        line=words.words(name, f"{rated}{waits}", " · " if issue else "", issue),
        state=report.state,
        owner=str(report.owner_id or ""),
        severity=report.severity or "",
        is_overdue=scope.now - report.created_at > LONG,
    )


def _pull(pull: SourceItem, scope: Scope) -> Item:
    number = pull.data.get("number")
    by = f", by {pull.author}" if pull.author else ""
    return Item(
        subject=f"item:{pull.id}",
        line=words.words(
            "PR ",
            words.link(f"#{number}" if number else pull.project, pull.url),
            " ",
            Piece(pull.title, italic=True),
            " — ",
            Piece(PULL_LABEL, code=True),
            f", open for {words.age(scope.now - pull.opened_at)}{by}",
        ),
        state=pull.state,
        is_overdue=scope.now - pull.opened_at > LONG,
    )


SECTION = Section()
