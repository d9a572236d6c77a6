"""Queries over the sentences that leads are asked for."""

from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import HealthWord


def get(session: WorkspaceSession, word_id: int) -> HealthWord | None:
    """Find a sentence by its id and hold it against other writers."""
    return session.exec(select(HealthWord).where(HealthWord.id == word_id).with_for_update()).first()


def find(session: WorkspaceSession, audience: str, period: str) -> HealthWord | None:
    """Find the sentence for one digest of an audience."""
    return session.exec(
        select(HealthWord).where(HealthWord.audience_key == audience, HealthWord.period == period)
    ).first()


def newest(session: WorkspaceSession, audience: str, *, answered: bool = False) -> HealthWord | None:
    """Find the sentence that an audience's lead was asked for last; `answered`: the last one that they gave."""
    asked = select(HealthWord).where(HealthWord.audience_key == audience)
    if answered:
        asked = asked.where(col(HealthWord.answered_at).is_not(None))
    return session.exec(asked.order_by(col(HealthWord.id).desc()).limit(1)).first()
