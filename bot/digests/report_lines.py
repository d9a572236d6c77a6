"""Lines about reports, the same in every section."""

from collections.abc import Mapping, Sequence

from bot.digests import words
from bot.digests.facts import Act, Item, Line, Piece
from storage import people
from storage.database import WorkspaceSession
from storage.models import Person, Report

# More is in no list that anybody reads; the heading says how many there are in all.
MOST = 50


def beginning(report: Report) -> Line:
    """Begin a line with what a report is called, how bad it is, and its title."""
    rated = f" {report.severity}" if report.severity else ""
    return words.words(words.link(report.key, report.card_permalink, is_bold=True), f"{rated} · {report.title}")


def item(report: Report, *rest: str | Piece, acts: Sequence[Act] = (), details: Sequence[Line] = ()) -> Item:
    """Make a line about a report, with what there is to say of it behind its title."""
    return Item(
        subject=f"report:{report.id}",
        line=(*beginning(report), *words.words(*rest)),
        details=tuple(details),
        state=report.state,
        owner=str(report.owner_id or ""),
        severity=report.severity or "",
        acts=tuple(acts),
    )


def persons(session: WorkspaceSession, reports: Sequence[Report]) -> dict[int, Person]:
    """Find who reported these, and who owns them."""
    return people.by_id(session, [one for report in reports for one in (report.reporter_id, report.owner_id)])


def name_of(found: Mapping[int, Person], person_id: int | None, nobody: str = "nobody yet") -> str:
    """Name somebody without telling them."""
    person = found.get(person_id or 0)
    return (person.name or person.slack_user_id) if person else nobody


def mention(found: Mapping[int, Person], person_id: int | None) -> Piece:
    """Name somebody who must act, so that they are told."""
    person = found.get(person_id or 0)
    if person is None:
        return words.bold("nobody owns it")
    return Piece(person.name or person.slack_user_id, mention=person.slack_user_id)
