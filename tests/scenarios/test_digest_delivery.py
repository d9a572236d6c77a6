"""A digest on its way into its channel: once, whatever Slack does; its owner hears when it cannot get there."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel import select

from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from bot.digests import schedule
from bot.triage import editing
from storage import reports
from storage.database import WorkspaceSession
from storage.models import AuditEvent, DigestRun, RunState, Severity
from tests.bot.triage.acting import order
from tests.conftest import report
from tests.rigs.faultproxy import Fault, FaultProxy
from tests.scenarios.harness import Workspace
from tests.scenarios.world import SETTINGS, World, running_bot

pytestmark = pytest.mark.scenario
POST = r"chat\.postMessage"
AUDIENCES = """
audiences:
  qa: {channel: C0QA, tz: Europe/Berlin, daily: "08:30", weekly: "mon 08:30", sections: [new_bugs], owner: U0ANA}
  web: {channel: C0WEB, tz: Europe/Berlin, daily: "08:30", sections: [new_bugs]}
"""


@pytest.fixture
def team_settings() -> str:
    return SETTINGS + AUDIENCES


@pytest.fixture
def bot_config(local_slack: LocalSlack, slack_proxy: FaultProxy, tmp_path: Path) -> Config:
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": local_slack.bot_token,
            "SLACK_APP_TOKEN": local_slack.app_token,
            "SLACK_API_URL": f"{slack_proxy.url}/api/",
            "DATABASE_URL": f"sqlite:///{tmp_path}/liaison.db",
            "LIAISON_SETTINGS": str(tmp_path / "liaison.yaml"),
        },
        mode=Mode.SOCKET,
    )


async def digests(world: World, channel: str, heading: str = "QA") -> list[dict[str, Any]]:
    """List the digests that stand in a channel: their first block is a header with the audience's name."""
    found = await world.slack.messages(channel)
    return [one for one in found if "digest:" in str((one.get("blocks") or [{}])[0].get("block_id"))]


async def until_due(world: World, hour: float = 7.75) -> None:
    """Let the clock leap to a little after 08:30 in Berlin on the next working day, having known the audiences."""
    await schedule.tick(world.bot.services)
    now = world.clock()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() in {5, 6, 0}:
        day += timedelta(days=1)
    world.clock.leap(day + timedelta(hours=hour) - now)


async def file(world: World, title: str = "Basket is empty") -> None:
    await world.slack.command("eve", "/bug", title, "qa")
    await world.slack.submit_view("eve")
    await world.settle()


async def runs(world: World) -> list[DigestRun]:
    return await world.read(lambda session: list(session.exec(select(DigestRun).order_by("id"))))  # type: ignore[arg-type]


async def test_digest_is_posted_once_and_an_unchanged_day_is_silent(world: World) -> None:
    await until_due(world, hour=0)
    await file(world)
    world.clock.leap(timedelta(hours=7.75))

    for _ in range(3):
        await schedule.tick(world.bot.services)
    await world.settle()

    (posted,) = await digests(world, "qa")
    assert "1 bug" in str(posted["blocks"])
    assert posted["text"].startswith("QA")
    (other,) = await digests(world, "web-bugs")
    assert other["text"] != posted["text"]
    world.clock.leap(timedelta(days=1))
    await schedule.tick(world.bot.services)
    await world.settle()
    assert len(await digests(world, "qa")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(POST, times=1, drop="after"), id="answer lost after the post"),
        pytest.param(Fault(POST, times=1, drop="before"), id="lost before the post"),
        pytest.param(Fault(POST, times=2, status=503), id="Slack is not well"),
        pytest.param(Fault(POST, times=2, status=429, headers={"Retry-After": "1"}), id="Slack says wait"),
    ],
)
async def test_digest_stands_there_once_when_slack_fails(world: World, slack_proxy: FaultProxy, fault: Fault) -> None:
    await until_due(world, hour=0)
    await file(world)
    world.clock.leap(timedelta(hours=7.75))
    slack_proxy.faults.append(fault)

    await schedule.tick(world.bot.services)
    await world.slack.wait_for(lambda: _are(world, RunState.POSTED, 2), timeout_s=40)
    await world.settle()

    assert len(await digests(world, "qa")) == 1
    assert len(await digests(world, "web-bugs")) == 1


async def _are(world: World, state: RunState, count: int) -> bool:
    return Counter(run.state for run in await runs(world))[state] == count


async def test_report_made_private_is_taken_out_of_the_thread_as_well(world: World) -> None:
    await until_due(world, hour=0)
    ids = await _severe(world, 8)
    world.clock.leap(timedelta(hours=7.75))
    await schedule.tick(world.bot.services)
    await world.settle()
    (posted,) = await digests(world, "qa")
    below = str(await world.slack.thread("qa", posted["ts"]))
    assert all(f"Secret {number}" in below for number in range(8))

    await editing.set_private(world.bot.services, order(ids[7]), private=True)
    await world.settle()

    shown = str([await digests(world, "qa"), await world.slack.thread("qa", posted["ts"])])
    assert "Secret 7" not in shown
    assert "Secret 6" in shown
    assert "A report that is private now" in shown


async def test_report_made_private_while_slack_is_down_is_not_told(world: World, slack_proxy: FaultProxy) -> None:
    await until_due(world, hour=0)
    ids = await _severe(world, 8)
    world.clock.leap(timedelta(hours=7.75))
    down = Fault(POST, status=503)
    slack_proxy.faults.append(down)
    await schedule.tick(world.bot.services)
    await world.slack.wait_for(lambda: _are(world, RunState.CHECKING, 2), timeout_s=20)

    await editing.set_private(world.bot.services, order(ids[0]), private=True)
    slack_proxy.faults.remove(down)
    await world.slack.wait_for(lambda: _are(world, RunState.POSTED, 2), timeout_s=40)
    await world.settle()

    (posted,) = await digests(world, "qa")
    shown = str([posted, await world.slack.thread("qa", posted["ts"])])
    assert "Secret 0" not in shown
    assert "Secret 1" in shown


async def _severe(world: World, count: int) -> list[int]:
    """File so many reports that are bad enough to be named, more than a list shows."""
    ids = [(await report(world.bot.services, f"Secret {number}")).report_id for number in range(count)]

    def rate(session: WorkspaceSession) -> None:
        for one in ids:
            found = reports.get(session, one)
            assert found is not None
            found.severity = Severity.S2
            session.add(found)

    await world.bot.services.database.write(world.bot.services.workspace, rate)
    await world.settle()
    return ids


async def test_owner_chooses_another_channel_when_the_channel_is_gone(world: World, slack_proxy: FaultProxy) -> None:
    await until_due(world, hour=0)
    await file(world)
    world.clock.leap(timedelta(hours=7.75))
    gone = Fault(POST, holds=r'"channel": ?"C0QA"', status=200, body='{"ok": false, "error": "is_archived"}')
    slack_proxy.faults.append(gone)
    for _ in range(2):
        await schedule.tick(world.bot.services)
    await world.settle()

    (told,) = [one for one in await world.slack.direct_messages("ana") if "could not be posted" in one["text"]]
    assert "the channel is archived" in told["text"]
    assert len(await digests(world, "web-bugs")) == 1, "other channels do not wait"
    direct = await world.bot.outbox.direct_channel("U0ANA")
    await world.slack.click("ana", direct, told["ts"], "digest.other_channel")
    wrong = await world.slack.submit_view("ana", {"channel": "#nowhere"})
    assert "no channel" in str(wrong.errors)
    done = await world.slack.submit_view("ana", {"channel": "#general"})
    assert not done.errors
    await world.settle()

    (posted,) = await digests(world, "general")
    assert "1 bug" in str(posted["blocks"])
    assert await digests(world, "qa") == []
    audit = await world.read(
        lambda session: session.exec(select(AuditEvent).where(AuditEvent.action == "digest_rechannel")).one()
    )
    assert audit.after == {"channel": await world.slack.channel_id("general")}
    # The next ones are posted there too.
    await file(world, "Search finds nothing")
    world.clock.leap(timedelta(days=1))
    await schedule.tick(world.bot.services)
    await world.settle()
    assert len(await digests(world, "general")) == 2


async def test_preview_is_shown_to_me_alone(world: World) -> None:
    await file(world)

    await world.slack.command("eve", "/liaison", "digest qa preview", "qa")
    await world.settle()

    (shown,) = [one for one in await world.slack.ephemerals("eve", "qa") if "preview" in str(one["blocks"])]
    assert "1 bug" in str(shown["blocks"])
    assert await digests(world, "qa") == []
    assert await runs(world) == []


async def test_help_says_to_me_alone_how_a_figure_is_made(world: World) -> None:
    await world.slack.command("eve", "/liaison", "help numbers lead time", "qa")
    await world.slack.command("eve", "/liaison", "help numbers", "qa")

    one, every = [str(answer["blocks"]) for answer in await world.slack.ephemerals("eve", "qa")]
    assert "from the merge of a pull request to the first release that holds it" in one
    assert "Backlog age" not in one
    assert "Backlog age" in every
    assert await world.slack.messages("qa") == []


async def test_digest_is_listed_paused_and_resumed_by_words(world: World) -> None:
    await world.slack.command("finn", "/liaison", "digest", "qa")
    day_off = (world.clock() + timedelta(days=30)).date()
    await world.slack.command("finn", "/liaison", f"digest qa pause until {day_off}", "qa")
    await world.slack.command("finn", "/liaison", "digest qa resume", "qa")
    await world.slack.command("eve", "/liaison", "digest qa pause", "qa")
    await world.slack.command("finn", "/liaison", "digest nobody", "qa")

    listed, paused, resumed, unknown = [one["text"] for one in await world.slack.ephemerals("finn", "qa")]
    assert "*QA* in <#C0QA> · not posted yet · next" in listed
    assert f"paused until {day_off:%a} {day_off.day} {day_off:%b}" in paused
    assert "next" in resumed
    assert "There are: qa, web" in unknown
    (refused,) = [one["text"] for one in await world.slack.ephemerals("eve", "qa")]
    assert "Only leads, product managers and" in refused


async def test_settings_form_changes_channel_time_and_sections(world: World) -> None:
    await world.slack.command("finn", "/liaison", "digest qa settings", "qa")
    done = await world.slack.submit_view(
        "finn", {"channel": "#general", "daily": "10:15", "weekly_day": "tue", "weekly_time": "10:15"}
    )

    assert not done.errors
    await world.slack.command("finn", "/liaison", "digest", "qa")
    listed = (await world.slack.ephemerals("finn", "qa"))[-1]["text"]
    assert f"*QA* in <#{await world.slack.channel_id('general')}>" in listed
    assert "10:15" in listed
    await world.slack.command("finn", "/liaison", "digest qa settings", "qa")
    wrong = await world.slack.submit_view("finn", {"daily": "quarter past"})
    assert "time of day" in str(wrong.errors)


async def test_press_in_a_digest_acts_and_its_line_says_by_whom(world: World) -> None:
    await file(world)
    [card] = await world.slack.messages("checkout-bugs")
    await world.slack.command("finn", "/liaison", "digest qa now", "qa")
    await world.settle()
    (posted,) = await digests(world, "qa")
    assert "~" not in str(posted["blocks"])

    await world.slack.click("bo", "checkout-bugs", card["ts"], "report.accept")
    await world.slack.submit_view("bo", {"severity": "S2"})
    await world.settle()

    (now,) = await digests(world, "qa")
    assert now["ts"] == posted["ts"]


async def test_slack_says_it_itself_when_the_next_digest_never_comes(world: World) -> None:
    await until_due(world)
    await schedule.tick(world.bot.services)
    await world.settle()

    scheduled = [call["arguments"] for call in await world.slack.calls("chat.scheduleMessage")]

    mine = [one for one in scheduled if "QA" in str(one["text"])]
    assert mine
    at = datetime.fromtimestamp(int(mine[-1]["post_at"]), UTC)
    assert at.minute == 0, "half an hour after 08:30"
    assert "did not come" in str(mine[-1]["text"])


MANY = 100


@pytest.fixture
def many_audiences() -> str:
    """A settings file with an audience for each of a hundred channels, by name: they are made before the bot starts."""
    lines = [
        f'  a{number}: {{channel: "#many-{number}", tz: Europe/Berlin, daily: "09:00", sections: [new_bugs]}}'
        for number in range(MANY)
    ]
    return SETTINGS + "audiences:\n" + "\n".join(lines) + "\n"


async def test_hundred_channels_get_theirs_once_when_slack_says_wait_to_each_fifth_call(
    workspace: Workspace, bot_config: Config, slack_proxy: FaultProxy, many_audiences: str
) -> None:
    for number in range(MANY):
        await _make_channel(slack_proxy, bot_config, f"many-{number}")
    async with running_bot(workspace, bot_config, many_audiences) as world:
        await until_due(world, hour=0)
        await file(world)
        world.clock.leap(timedelta(hours=8.25))
        slack_proxy.faults.append(Fault(POST, every=5, status=429, headers={"Retry-After": "1"}))

        await schedule.tick(world.bot.services)
        await world.slack.wait_for(lambda: _are(world, RunState.POSTED, MANY), timeout_s=60)
        await world.settle()

        posted = Counter({number: len(await digests(world, f"many-{number}")) for number in range(MANY)})
        assert set(posted.values()) == {1}
        assert slack_proxy.count(POST, status=429) >= MANY // 5


async def _make_channel(proxy: FaultProxy, config: Config, name: str) -> None:
    assert config.slack_bot_token is not None
    client = AsyncWebClient(config.slack_bot_token.get_secret_value(), base_url=f"{proxy.url}/api/")
    await client.conversations_create(name=name)
