"""Journey 16: the administrator sees what is wrong and what to do, and backs up and restores."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import func, select

from bot.config import Config
from storage import schema
from storage.database import Database, WorkspaceSession
from storage.models import AuditEvent, Report
from tests.scenarios.world import SETTINGS, World

pytestmark = pytest.mark.scenario


@pytest.fixture
def team_settings() -> str:
    """One team more, whose channel is gone."""
    return SETTINGS.replace(
        "components:", "  gone: {channel: C0GONE, name: Gone, people: [U0BO]}\ncomponents:\n  ghost: {owner: gone}"
    )


async def test_status_says_in_words_what_is_wrong_and_what_to_do(world: World, bot_config: Config) -> None:
    slack = world.slack
    await slack.command("ana", "/liaison", "status", "general")
    await slack.command("eve", "/bug", "Nobody will see this", "qa")
    await slack.submit_view("eve", {"component": "ghost"})
    await world.settle()

    await slack.command("ana", "/liaison", "status", "general")
    printed = _liaison(bot_config, "status")

    well, ill = await slack.ephemerals("ana", "general")
    assert "All is well" in well["text"]
    advice = "channel_not_found. The channel is gone or hidden: name another in the settings file"
    assert advice in ill["text"]
    assert printed.returncode == 1
    assert advice in " ".join(printed.stdout.split())
    assert "Traceback" not in printed.stdout + printed.stderr


async def test_backup_of_a_running_bot_restores_everything(world: World, bot_config: Config, tmp_path: Path) -> None:
    slack = world.slack
    for title in ("Basket is empty", "Search finds nothing", "Invoice shows the old address"):
        await slack.command("eve", "/bug", title, "qa")
        await slack.submit_view("eve", {"severity": "S3"})
    await world.settle()
    copy = tmp_path / "copy.db"

    made = _liaison(bot_config, "db", "backup", str(copy))
    again = _liaison(bot_config, "db", "backup", str(copy))

    assert made.returncode == 0, made.stderr
    assert again.returncode == 2
    assert "exists already" in again.stdout + again.stderr
    assert schema.upgrade(f"sqlite:///{copy}") == schema.newest()
    restored = Database(f"sqlite:///{copy}")
    counts = await restored.read(world.bot.services.workspace, _counts)
    await restored.close()
    assert counts == await world.read(_counts)
    assert counts[0] == 3


async def test_unknown_word_gets_help_and_a_guess(world: World) -> None:
    await world.slack.command("ana", "/liaison", "verfy", "general")

    [answer] = await world.slack.ephemerals("ana", "general")
    assert "There is no `verfy`. Did you mean `/liaison verify`?" in str(answer["blocks"])
    assert "/liaison bugs [new|open|mine|words]" in str(answer["blocks"])


async def test_mention_is_answered_in_the_thread(world: World) -> None:
    ts = await world.slack.message("ana", "general", "<@U0BOT> bugs new")
    await world.settle()

    [answer] = await world.slack.thread("general", ts)
    assert answer["text"] == "Nothing waits for triage."


async def test_mention_shows_no_private_report_and_answers_a_refusal(world: World) -> None:
    slack = world.slack
    await slack.command("dev", "/bug", "Address book leaks", "qa")
    await slack.submit_view("dev", {"private": ["yes"]})
    await world.settle()

    listed = await slack.message("dev", "general", "<@U0BOT> bugs mine")
    asked = await slack.message("dev", "general", "<@U0BOT> why BUG-1")
    await world.settle()

    [answer] = await slack.thread("general", listed)
    assert answer["text"] == "You neither reported nor own anything."
    [refusal] = await slack.thread("general", asked)
    assert refusal["text"].startswith("There is no such report.")


async def test_why_and_assign_answer(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", "Basket is empty", "qa")
    await slack.submit_view("eve", {"severity": "S3"})
    await world.settle()

    await slack.command("bo", "/liaison", "why BUG-1", "general")
    await slack.command("bo", "/liaison", "assign BUG-1 <@U0FINN>", "general")
    await slack.command("cleo", "/liaison", "assign BUG-1 <@U0CLEO>", "general")
    await world.settle()

    why, assigned = await slack.ephemerals("bo", "general")
    assert why["text"] == "*BUG-1* went to Checkout (Checkout) because it is this channel's component."
    assert assigned["text"] == "*BUG-1* is now with <@U0FINN>."
    [refused] = await slack.ephemerals("cleo", "general")
    assert refused["text"].startswith("Only Checkout may decide on BUG-1")
    assert "owner Finn Baker" in (await slack.messages("checkout-bugs"))[0]["text"]


def _counts(session: WorkspaceSession) -> tuple[int, int]:
    count = session.exec
    return (
        count(select(func.count()).select_from(Report)).one(),
        count(select(func.count()).select_from(AuditEvent)).one(),
    )


def _liaison(config: Config, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": config.database_url.get_secret_value(), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
