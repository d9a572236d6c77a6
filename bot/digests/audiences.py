"""Who reads digests: the settings file's audiences, with what people changed of them in Slack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.routing.section_names import SECTION_NAMES
from bot.routing.settings import Audience, Settings
from storage.database import WorkspaceSession
from storage.models import Audience as AudienceRow

# What an audience of this name reads unless its settings say otherwise. Sections whose facts Liaison cannot know yet
# (causes, specs, experiments, feedback, KPIs) are in none.
DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "qa": ("verify_now", "came_back", "new_bugs", "qa_figures"),
    "design": ("needs_designer", "hand_offs", "figma_comments", "shipped"),
    "marketing": ("hold", "announcements"),
    "engineering": ("needs_decision", "since_last_post", "reviews", "engineering_figures"),
    "leadership": ("health", "delivery_figures", "decided"),
}
# These hear nothing in a week without news, unless their settings ask for a line.
_SILENT = frozenset({"marketing"})
# What people call these besides.
_ALIASES = {"leads": "leadership", "lead": "leadership", "mk": "marketing", "eng": "engineering", "testing": "qa"}


@dataclass(frozen=True)
class Reader:
    """An audience as it is now. `known_since`: nothing is posted for the time before that."""

    key: str
    audience: Audience
    zone: ZoneInfo
    sections: tuple[str, ...]
    known_since: datetime
    paused: bool = False
    paused_until: datetime | None = None

    def is_paused(self, at: datetime) -> bool:
        """Say whether somebody paused it."""
        return self.paused and (self.paused_until is None or at < self.paused_until)


def title(key: str) -> str:
    """Give what people call an audience, such as "QA" and "Customer care"."""
    return key.upper() if len(key) <= 2 else key.replace("-", " ").replace("_", " ").capitalize()


def default_sections(key: str) -> tuple[str, ...]:
    """Give the sections of an audience whose settings name none; empty where its name means nothing to us."""
    return DEFAULTS.get(_ALIASES.get(key, key), ())


def meet(session: WorkspaceSession, settings: Settings, now: datetime) -> None:
    """Keep that the audiences of the settings are known from now on, those that are new."""
    known = {row.key for row in session.exec(select(AudienceRow))}
    session.add_all(AudienceRow(key=key, known_since=now) for key in settings.audiences if key not in known)


def default_empty(key: str) -> str:
    """Say what is posted in a week without news where the settings do not."""
    return "skip" if _ALIASES.get(key, key) in _SILENT else "heartbeat"


def readers(session: WorkspaceSession, settings: Settings, now: datetime) -> list[Reader]:
    """List the audiences as they are now."""
    rows = {row.key: row for row in session.exec(select(AudienceRow).order_by(col(AudienceRow.id)))}
    return [
        _reader(settings, key, rows.get(key) or AudienceRow(key=key, known_since=now)) for key in settings.audiences
    ]


def reader(session: WorkspaceSession, settings: Settings, key: str, now: datetime) -> Reader | None:
    """Find an audience; None if the settings name no such one."""
    if key not in settings.audiences:
        return None
    return _reader(settings, key, row_of(session, key) or AudienceRow(key=key, known_since=now))


def as_filed(audience: Audience) -> dict[str, Any]:
    """Give an audience as its lines in the settings file would say it; what they leave out is left out."""
    lines = audience.model_dump(exclude_unset=True)
    return {**lines, "daily": f"{audience.daily:%H:%M}"} if audience.daily else lines


def changed(audience: Audience, changes: Mapping[str, Any]) -> Audience:
    """Give an audience with what people changed of it.

    Raises:
        ValidationError: a value cannot be.
    """
    return Audience.model_validate({**as_filed(audience), **changes})


def row_of(session: WorkspaceSession, key: str) -> AudienceRow | None:
    """Find what people changed of an audience in Slack."""
    return session.exec(select(AudienceRow).where(AudienceRow.key == key)).first()


def _reader(settings: Settings, key: str, row: AudienceRow) -> Reader:
    audience = settings.audiences[key]
    if row.changes:
        audience = changed(audience, row.changes)
    named = audience.sections or default_sections(key)
    return Reader(
        key=key,
        audience=audience,
        zone=ZoneInfo(audience.tz or settings.working_hours.tz),
        sections=tuple(name for name in SECTION_NAMES if name in named),
        known_since=row.known_since,
        paused=row.paused,
        paused_until=row.paused_until,
    )
