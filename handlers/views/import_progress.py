"""How far an import came: a bar of text, what it means, and the button to stop it; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.triage.importing import Progress
from handlers.views import text
from handlers.views.blocks import Block, actions, button, section
from storage.models import ImportState

STOP = "import.stop"
GO_ON = "import.go_on"
_BAR = 20
_LIMIT = 300


def draw(progress: Progress, now: datetime | None = None) -> tuple[str, list[Block]]:
    """Draw one import; `now` is for the time that is left, the present if left out."""
    lines = [f"*{_headline(progress)}*", _count(progress)]
    if progress.state is ImportState.RUNNING:
        lines[1] += _time_left(progress, now or datetime.now(UTC))
    if progress.error:
        lines.append(text.inline(progress.error, _LIMIT))
    said = "\n".join(lines)
    blocks = [section(said)]
    if progress.state is ImportState.RUNNING:
        blocks.append(actions(button("Stop", STOP, str(progress.run_id))))
    elif progress.state in {ImportState.STOPPED, ImportState.FAILED}:
        blocks.append(actions(button("Go on", GO_ON, str(progress.run_id), primary=True)))
    return said, blocks


def listed(found: Sequence[Progress]) -> tuple[str, list[Block]]:
    """List all imports."""
    if not found:
        said = "Nothing was imported yet. `/liaison import github acme/web` makes the issues of a project known here."
        return said, [section(said)]
    lines = [f"{_headline(one)} · {_count(one)}" for one in found[:10]]
    said = "\n".join(lines)
    return said, [section(said)]


def _headline(progress: Progress) -> str:
    place = f"{text.inline(progress.project, 200)} ({text.inline(progress.tracker, 50)})"
    return {
        ImportState.RUNNING: f"Importing {place}",
        ImportState.STOPPED: f"Import of {place} is stopped",
        ImportState.FAILED: f"Import of {place} was refused",
        ImportState.DONE: f"Import of {place} is done",
    }[progress.state]


def _count(progress: Progress) -> str:
    read = progress.done + progress.known
    known = f", {progress.known:,} of them known before" if progress.known else ""
    if not progress.total or progress.state is ImportState.DONE:
        return f"{read:,} {'issue' if read == 1 else 'issues'}{known}"
    full = min(_BAR, read * _BAR // progress.total)
    return f"{'▓' * full}{'░' * (_BAR - full)} {read:,} of {progress.total:,}{known}"


def _time_left(progress: Progress, now: datetime) -> str:
    read = progress.done + progress.known
    if not read or progress.total <= read:
        return ""
    seconds = (now - progress.started_at).total_seconds() / read * (progress.total - read)
    minutes = round(seconds / 60)
    return " · less than a minute left" if minutes < 1 else f" · about {minutes} min left"
