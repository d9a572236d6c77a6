"""How the installation is, as it is shown in Slack: whole, short enough, and nothing in it pings."""

from datetime import UTC, datetime, timedelta

from bot.status import Status
from bot.status_digests import Pause
from bot.status_trackers import ProjectStatus
from handlers.views import status
from storage.models import ReportState
from tests.blockkit import problems
from tests.handlers.views import generated

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def project(name: str = "acme/web", error: str = "", waiting: int = 0) -> ProjectStatus:
    return ProjectStatus("github", name, AT, AT + timedelta(minutes=1) if error else None, error, waiting)


def test_projects_are_listed_with_when_they_were_read_and_what_waits() -> None:
    never = ProjectStatus("linear", "PAY", None, None, "", 1)
    found = Status({ReportState.NEW: 2}, 3, (), (), "liaison.yaml", (project(error="Down.", waiting=2), never))

    said, blocks = status.draw(found)

    assert said.splitlines()[3:] == [
        f"*github acme/web:* last read {_date(AT)} · 2 jobs wait · fails since {_date(AT + timedelta(minutes=1))}",
        "*linear PAY:* not read yet · 1 job waits",
        "✅ All is well.",
    ]
    assert problems({"text": said, "blocks": blocks}, "message") == []


def test_it_fits_and_pings_nobody_when_everything_is_wrong_at_length() -> None:
    names = [f"<!channel>/{number}{'&' * 200}" for number in range(30)]
    wrong = tuple(f"{name} @here {'&' * 500}" for name in names)
    paused = tuple(Pause("q" * 64, AT) for _ in names)
    failing = tuple(project(name, "Down.", 999) for name in names)
    found = Status(dict.fromkeys(ReportState, 10**6), 10**6, (), wrong, "&" * 400, failing, paused)

    said, blocks = status.draw(found)

    assert problems({"text": said, "blocks": blocks}, "message") == []
    assert [block for block in blocks if generated.PINGS.search(block["text"]["text"])] == []
    assert said.count("`liaison status` lists them all") == 3


def test_what_digests_read_and_which_are_paused_is_told_without_jobs() -> None:
    figma = ProjectStatus("figma", "aBcD1234", AT, None, "", None)
    paused = (Pause("qa", None), Pause("design", AT + timedelta(days=1)))
    found = Status({}, 0, (), (), projects=(figma,), paused=paused)

    said, blocks = status.draw(found)

    assert said.splitlines()[3:] == [
        f"*figma aBcD1234:* last read {_date(AT)}",
        "The QA digest is paused.",
        f"The Design digest is paused until {_date(AT + timedelta(days=1))}.",
        "`/liaison digest NAME resume` ends a pause.",
        "✅ All is well.",
    ]
    assert problems({"text": said, "blocks": blocks}, "message") == []


def _date(when: datetime) -> str:
    return f"<!date^{int(when.timestamp())}^{{date_short_pretty}} at {{time}}|{when:%Y-%m-%d %H:%M UTC}>"
