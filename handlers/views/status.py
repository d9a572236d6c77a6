"""How the installation is, for whoever asks in Slack; pure."""

from bot.status import Status
from bot.status_digests import RESUME, Pause
from bot.status_trackers import ProjectStatus
from handlers.views import text, words
from handlers.views.blocks import Block, section

# Together under the 4,000 characters of a message.
MOST_PROBLEMS = 5
PROBLEM_LIMIT = 300
MOST_PROJECTS = 5
MOST_PAUSED = 3
_NAME_LIMIT = 80


def draw(found: Status) -> tuple[str, list[Block]]:
    """Say what is in force, how many reports and jobs there are, how it goes with what is read, and what is wrong."""
    counts = " · ".join(f"{words.STATES[state]} {count}" for state, count in found.reports.items()) or "none yet"
    settings = text.inline(found.settings or "none yet", PROBLEM_LIMIT)
    lines = [f"*Settings in force:* {settings}", f"*Reports:* {counts}", f"*Jobs waiting:* {found.waiting}"]
    parts = ["\n".join(lines), "\n".join([*_projects(found), *_paused(found)]), "\n".join(_problems(found))]
    shown = [part for part in parts if part]
    return "\n".join(shown), [section(part) for part in shown]


def _projects(found: Status) -> list[str]:
    lines = [_project(one) for one in found.projects[:MOST_PROJECTS]]
    return lines + _more(len(found.projects) - len(lines))


def _project(project: ProjectStatus) -> str:
    read = f"last read {text.date(project.read_at)}" if project.read_at else "not read yet"
    facts = [read]
    if project.waiting is not None:
        facts.append(f"{project.waiting} {'job waits' if project.waiting == 1 else 'jobs wait'}")
    if project.failing_since:
        facts.append(f"fails since {text.date(project.failing_since)}")
    return f"*{text.inline(project.name, _NAME_LIMIT)}:* {' · '.join(facts)}"


def _paused(found: Status) -> list[str]:
    lines = [f"{text.inline(one.name, _NAME_LIMIT)} is paused{_until(one)}" for one in found.paused[:MOST_PAUSED]]
    how = [f"`{RESUME}` ends a pause."] if lines else []
    return lines + _more(len(found.paused) - len(lines)) + how


def _until(pause: Pause) -> str:
    return f" until {text.date(pause.until)}." if pause.until else "."


def _problems(found: Status) -> list[str]:
    lines = [f"⚠️ {text.inline(problem, PROBLEM_LIMIT)}" for problem in found.problems[:MOST_PROBLEMS]]
    return lines + _more(len(found.problems) - len(lines)) if lines else ["✅ All is well."]


def _more(count: int) -> list[str]:
    return [f"… and {count} more: `liaison status` lists them all."] if count > 0 else []
