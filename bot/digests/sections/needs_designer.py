"""What waits for a designer: bugs about how it looks and feels, and pull requests to be looked at."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.digests import report_lines, words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Piece, Rank
from bot.routing import accounts
from bot.routing.settings import LOCAL
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
        items = (*(_bug(session, one, scope) for one in bugs), *(_pull(session, one, scope) for one in pulls))
        if not items:
            return None
        # Labels are words in a list: beyond what is shown, counting them all would cost more than it tells.
        or_more = " or more" if MOST in (len(bugs), len(pulls)) else ""
        return Facts(self.name, Rank.NEEDS_YOU, self.about, summary=f"{len(items)}{or_more}", items=items)


def _bug(session: WorkspaceSession, report: Report, scope: Scope) -> Item:
    link = reports.issue(session, report.id or 0)
    issue = words.link(link.key, link.url) if link is not None and link.tracker != LOCAL and link.key else ""
    waits = scope.now - report.created_at
    told = report_lines.item(report, f" — waiting {words.age(waits)}", " · " if issue else "", issue)
    return replace(told, is_overdue=waits > LONG)


def _pull(session: WorkspaceSession, pull: SourceItem, scope: Scope) -> Item:
    number = pull.data.get("number")
    author = accounts.owner_of(session, scope.settings, pull.source, pull.author) if pull.author else None
    name = (author.name if author else "") or pull.author
    by = f", by {name}" if name else ""
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
