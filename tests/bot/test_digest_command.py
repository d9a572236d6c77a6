"""`liaison digest`: any past digest in the terminal, and what people read where there is none."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import select
from typer.testing import CliRunner

from bot.__main__ import liaison
from bot.command_line.digests import Asked, tell
from bot.config import Config, Mode
from bot.digests import snapshot
from bot.errors import UserError
from bot.services import Services
from bot.triage import workflow
from bot.triage.decisions import Order
from storage.database import WorkspaceSession
from storage.models import DigestRun, Report, Resolution, RunState, Slot, Team, Via
from storage.schema import SchemaError
from tests.conftest import SETTINGS, WORKSPACE, Clock, read, report
from tests.handlers.views.digest_samples import quality

AUDIENCES = """
audiences:
  leadership: {channel: C0LEADS, weekly: "mon 08:30", tz: Europe/Berlin, sections: [decided]}
  qa: {channel: C0QA, daily: "08:30", sections: [came_back]}
"""
LEADERSHIP = Asked("leadership")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
async def config(services: Services, clock: Clock, tmp_path: Path) -> Config:
    """An installation in which one report was declined on Thursday, and one on Tuesday of the next week."""
    for title, day in (("Basket is empty", 19), ("Search is slow", 24)):
        clock.now = datetime(2026, 11, day, 10, tzinfo=UTC)
        filed = await report(services, title)
        order = Order(filed.report_id, "U0BO", Via.BUTTON)
        await workflow.decline(services, order, resolution=Resolution.NOT_A_BUG, reason="It is meant so")
    settings = tmp_path / "liaison.yaml"
    settings.write_text(SETTINGS + AUDIENCES, encoding="utf-8")
    return _config(services, settings)


def _counts(session: WorkspaceSession) -> list[tuple[int, str, int]]:
    return [(one.number, one.state, one.version) for one in session.exec(select(Report))]


def _config(services: Services, settings: Path) -> Config:
    url = services.database.url.render_as_string(hide_password=False)
    return Config.from_environment({"DATABASE_URL": url, "LIAISON_SETTINGS": str(settings)}, mode=Mode.OFFLINE)


def test_past_day_is_told_from_what_was_known_then(config: Config) -> None:
    shown = tell(config, Asked("leadership", date(2026, 11, 23)), NOW)

    assert shown.splitlines() == [
        "Leadership week 47 · 16–22 Nov",
        "",
        "Decided this week",
        "  1 report triaged: 1 declined",
        "",
        "─" * 80,
        "compared with Mon 16 Nov · next: Mon 30 Nov 08:30 · /liaison digest leadership",
        "to change",
        "Made now, from what the record says of Mon 23 Nov 08:30.",
    ]


def test_day_without_a_digest_is_told_at_the_usual_time(config: Config) -> None:
    shown = tell(config, Asked("leadership", date(2026, 11, 26)), NOW)

    assert "  2 reports triaged: 2 declined" in shown.splitlines()
    assert shown.endswith("Made now, from what the record says of Thu 26 Nov 08:30.")


def test_digest_of_now_is_the_next_one(config: Config) -> None:
    shown = tell(config, Asked("leadership"), datetime(2026, 11, 25, 12, tzinfo=UTC))

    assert "  2 reports triaged: 2 declined" in shown.splitlines()
    assert "Made now" not in shown


async def test_nothing_of_the_database_changes_when_the_past_is_told(config: Config, services: Services) -> None:
    before = await read(services, _counts)

    await asyncio.to_thread(tell, config, Asked("leadership", date(2026, 11, 20)), NOW)

    assert await read(services, _counts) == before


async def test_digest_that_was_posted_is_shown_as_it_was(config: Config, services: Services) -> None:
    posted = datetime(2026, 11, 24, 7, 31, tzinfo=UTC)
    run = DigestRun(audience_key="qa", slot=Slot.DAILY, period="2026-11-24", due_at=posted, state=RunState.POSTED)
    run.posted_at, run.snapshot = posted, snapshot.write(quality(1))
    await services.database.write(WORKSPACE, lambda session: session.add(run))

    shown = await asyncio.to_thread(tell, config, Asked("qa", date(2026, 11, 24)), NOW)

    assert "  • BUG-131 S2 · Card form clears on back button" in shown.splitlines()
    assert shown.endswith("As it was posted on Tue 24 Nov 07:31.")


def test_unknown_digest_names_what_was_meant(config: Config) -> None:
    with pytest.raises(UserError, match="There is no digest called leadershp; did you mean leadership"):
        tell(config, Asked("leadershp"), NOW)


def test_day_to_come_is_refused(config: Config) -> None:
    with pytest.raises(UserError, match="2026-12-24 is still to come"):
        tell(config, Asked("qa", date(2026, 12, 24)), NOW)


def test_missing_settings_file_says_what_to_do(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = services.database.url.render_as_string(hide_password=False)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(
        UserError, match=r"There is no settings file at .* or see those of the example team with --demo"
    ):
        tell(Config.from_environment({"DATABASE_URL": url}, mode=Mode.OFFLINE), Asked("qa"), NOW)


def test_missing_database_says_what_to_do(config: Config, services: Services, tmp_path: Path) -> None:
    elsewhere = config.model_copy(update={"database_url": _config(services, config.settings_path).database_url})
    Path(str(services.database.url.database)).rename(tmp_path / "moved.db")

    with pytest.raises(SchemaError, match="There is no database at"):
        tell(elsewhere, Asked("qa"), NOW)


async def test_one_of_several_workspaces_must_be_named(config: Config, services: Services) -> None:
    await services.database.write("T0OTHER", lambda session: session.add(Team(key="web", name="Web")))

    with pytest.raises(UserError, match="Name one of the workspaces with --workspace: T0ACME, T0OTHER"):
        await asyncio.to_thread(tell, config, Asked("leadership"), NOW)
    shown = await asyncio.to_thread(tell, config, replace(LEADERSHIP, workspace="T0ACME"), NOW)
    assert "Leadership" in shown


def test_database_that_nobody_used_says_so(config: Config, empty_database: Path) -> None:
    unused = config.model_copy(update={"database_url": SecretStr(f"sqlite:///{empty_database}")})

    with pytest.raises(UserError, match="Liaison has not met a workspace yet"):
        tell(unused, Asked("qa"), NOW)


def test_command_prints_and_refuses_in_words(config: Config) -> None:
    environment = {
        "DATABASE_URL": config.database_url.get_secret_value(),
        "LIAISON_SETTINGS": str(config.settings_path),
    }

    told = CliRunner().invoke(liaison, ["digest", "leadership", "--as-of", "2026-11-23", "--print"], env=environment)
    refused = CliRunner().invoke(liaison, ["digest", "sales"], env=environment)

    assert (told.exit_code, "1 report triaged: 1 declined" in told.stdout) == (0, True)
    assert (refused.exit_code, refused.stderr) == (
        2,
        "There is no digest called sales; there are: leadership, qa.\n",
    )
