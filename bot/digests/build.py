"""A digest put together: each section asked for its facts, in one transaction, as of one moment."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.digests import silence, sources, wording
from bot.digests.audiences import Reader
from bot.digests.base import Scope
from bot.digests.facts import Digest, Facts, Rank
from bot.digests.sections import sections
from bot.services import Services
from storage.database import WorkspaceSession
from storage.models import DigestRun, Slot

_RANKS = tuple(Rank)
# What a first digest tells of, when there is no earlier one to compare with.
FIRST_LOOK_BACK = timedelta(days=1)


def collect(
    session: WorkspaceSession,
    services: Services,
    reader: Reader,
    slot: Slot,
    now: datetime,
    last: DigestRun | None = None,
) -> Digest:
    """Collect what an audience is told at a moment; `last` is the digest of it that was posted before."""
    since = last.due_at if last is not None else now - (timedelta(days=7) if slot is Slot.WEEKLY else FIRST_LOOK_BACK)
    found = sources.read(session, services, reader, now)
    scope = Scope(
        now=now,
        since=since,
        slot=slot,
        zone=reader.zone,
        key=reader.key,
        audience=reader.audience,
        settings=services.settings,
        sources=found,
    )
    facts = tuple(sorted(_facts(session, reader, scope), key=lambda one: _RANKS.index(one.rank)))
    digest = Digest(
        audience=reader.key,
        slot=slot,
        title=wording.title(reader, slot, now),
        zone=reader.zone.key,
        due_at=now,
        since=since,
        facts=facts,
        sources=found,
    )
    before = wording.read_moments(last.snapshot.get("shown", {})) if last is not None else {}
    return replace(digest, shown=silence.shown_since(digest, before), gist=wording.gist(digest))


def _facts(session: WorkspaceSession, reader: Reader, scope: Scope) -> list[Facts]:
    found = []
    for name in reader.sections:
        section = sections()[name]
        # One that was asked for shows all that any digest of this audience would.
        if scope.slot is not Slot.ASKED and scope.slot not in section.slots:
            continue
        failing = scope.failing(*section.sources)
        facts = sources.missing(section, failing, scope) if failing else section.collect(session, scope)
        if facts is not None:
            found.append(facts)
    return found
