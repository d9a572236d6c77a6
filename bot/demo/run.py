"""`liaison demo`: a whole workspace on this machine, seeded, in the browser, ended by Ctrl-C."""

import asyncio
import shutil
import signal
import webbrowser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bot import locks
from bot.app import Application, connect, serve
from bot.config import Config, Mode
from bot.demo import install, seed, server, told, workspace
from bot.demo.server import LaunchOptions, LocalSlack
from bot.demo.sources import STAND_INS
from bot.routing.load import load_settings
from storage import schema


@dataclass(frozen=True)
class DemoOptions:
    """How the demo runs. `home` keeps its database between runs; `fresh` starts anew."""

    home: Path
    port: int = 3333
    fresh: bool = False
    open_browser: bool = True


async def run_demo(options: DemoOptions, say: Callable[[str], None]) -> None:
    """Run the demo until Ctrl-C or SIGTERM; whatever it started ends with it.

    Raises:
        DemoUnavailable: there is no local Slack server for this system.
        AlreadyRunning: the demo runs already.
    """
    options.home.mkdir(parents=True, exist_ok=True)
    database = options.home / "liaison.db"
    lock = locks.hold(database)
    try:
        if options.fresh:
            _forget(database)
        say("Preparing the local Slack server …")
        binary = await install.install(say, install.default_cache())
        slack = await server.start(binary, _launch(options))
        try:
            await _run(options, slack, database, say)
        finally:
            await slack.stop()
    finally:
        lock.close()
    say("The demo has ended; what you did is kept. `--fresh` starts anew.")


async def _run(options: DemoOptions, slack: LocalSlack, database: Path, say: Callable[[str], None]) -> None:
    config = _config(slack, database)
    schema.upgrade(config.database_url.get_secret_value())
    say("Starting Liaison …")
    # Written anew at each start: what is changed in it while the demo runs counts at once.
    config.settings_path.write_text(seed.SETTINGS, encoding="utf-8")
    settings = load_settings(seed.SETTINGS, config.settings_path.name)
    application = await connect(config, settings, known_sources=STAND_INS)
    await _prepare(application, say)
    for message in workspace.MESSAGES:
        await application.http.post(f"{slack.ui_url}/_control/message", json=asdict(message))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def ready() -> None:
        say(f"\nLiaison runs at  {slack.ui_url}\n")
        say("Choose who you are at the top right, open #qa and type  /bug  – Ctrl-C ends the demo.")
        if options.open_browser and _has_screen():
            webbrowser.open(slack.ui_url)

    reading = asyncio.create_task(told.keep_read(application.services), name="sources")
    try:
        await serve(application, stop, ready)
    finally:
        reading.cancel()


async def _prepare(application: Application, say: Callable[[str], None]) -> None:
    services = application.services
    await services.database.write(services.workspace, lambda session: told.read_sources(session, services.now()))
    if await seed.is_seeded(services):
        say("Continuing with the reports of last time …")
        await seed.post_all_again(services)
    else:
        say("Telling twelve weeks of an example team …")
        await seed.seed(services)
    await told.post_digests(services)


def _launch(options: DemoOptions) -> LaunchOptions:
    config = options.home / "slack.yaml"
    config.write_text(workspace.workspace_config(), encoding="utf-8")
    return LaunchOptions(config, options.home / "slack.log", server.free_port(options.port))


def _config(slack: LocalSlack, database: Path) -> Config:
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": f"sqlite:///{database.absolute()}",
            "LIAISON_SETTINGS": str(database.with_name("liaison.yaml").absolute()),
        },
        mode=Mode.SOCKET,
    )


def _forget(database: Path) -> None:
    for path in database.parent.glob(f"{database.name}*"):
        if not path.name.endswith(".lock"):
            path.unlink()


def _has_screen() -> bool:
    return shutil.which("xdg-open") is not None
