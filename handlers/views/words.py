"""The words for states, resolutions and severities, the same on every surface."""

from datetime import datetime

from bot.text import is_blank
from bot.triage.cards import ReportLine, Who
from bot.triage.severity import SENTENCES
from handlers.views import text
from storage.models import ReportState, Resolution, Role, Severity

NAME_LIMIT = 80
OUTDATED = "This button is of an older version. Look for the report with `/bug find words`."

STATES: dict[ReportState, str] = {
    ReportState.NEW: "New",
    ReportState.NEEDS_INFO: "Needs info",
    ReportState.SNOOZED: "Snoozed",
    ReportState.ACCEPTED: "Accepted",
    ReportState.IN_PROGRESS: "In progress",
    ReportState.FIXED: "Fixed, to verify",
    ReportState.CLOSED: "Closed",
}
RESOLUTIONS: dict[Resolution, str] = {
    Resolution.FIXED: "fixed and verified",
    Resolution.FIXED_NOT_VERIFIED: "fixed, not verified",
    Resolution.DUPLICATE: "duplicate",
    Resolution.NOT_A_BUG: "not a bug",
    Resolution.BY_DESIGN: "works as designed",
    Resolution.CANNOT_REPRODUCE: "cannot reproduce",
    Resolution.WILL_NOT_FIX: "will not fix",
    Resolution.NO_ANSWER: "no answer from the reporter",
    Resolution.WITHDRAWN: "withdrawn",
}
# A mark beside the word, never instead of it.
MARKS: dict[ReportState, str] = {
    ReportState.NEW: "🆕",
    ReportState.NEEDS_INFO: "❓",
    ReportState.SNOOZED: "💤",
    ReportState.ACCEPTED: "👍",
    ReportState.IN_PROGRESS: "🔧",
    ReportState.FIXED: "🔎",
    ReportState.CLOSED: "🏁",
}

ROLES: dict[Role, str] = {
    Role.PM: "Product management",
    Role.ENGINEER: "Engineering",
    Role.DESIGNER: "Design",
    Role.QA: "Testing",
    Role.MARKETING: "Marketing",
    Role.SUPPORT: "Support",
    Role.LEAD: "Leading a team",
    Role.OTHER: "Something else",
}


def state(report: ReportLine) -> str:
    """Say where a report stands, such as "Closed: duplicate"."""
    if report.resolution is not None:
        return f"{STATES[report.state]}: {RESOLUTIONS[report.resolution]}"
    return STATES[report.state]


def severity(rated: Severity | None) -> str:
    """Say how bad it is, with the sentence of the form."""
    return f"{rated}: {SENTENCES[rated]}" if rated else "not rated yet"


def person(who: Who | None) -> str:
    """Name a person without notifying them."""
    if who is None:
        return "nobody yet"
    return text.inline(who.slack_user_id if is_blank(who.name) else who.name, NAME_LIMIT)


def part(component: str) -> str:
    """Name a part of the product, or say that none is known."""
    return "no component yet" if is_blank(component) else text.inline(component, NAME_LIMIT)


def moment(when: datetime) -> str:
    """Write a moment out; Slack shows it in the reader's zone."""
    return text.date(when, f"{when:%a %d %b, %H:%M} UTC")


def due(report: ReportLine) -> str:
    """Say by when a report is due, or since when it is overdue; empty where nothing is promised."""
    if report.due_at is None:
        return ""
    return f"overdue since {moment(report.due_at)}" if report.is_overdue else f"due {moment(report.due_at)}"


def people_met(hits: int) -> str:
    """Say how many people met it."""
    return "1 person met it" if hits == 1 else f"{hits} people met it"
