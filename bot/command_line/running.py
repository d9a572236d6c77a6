"""`liaison run`: from the configuration to a bot that listens, and its end on a signal."""

import asyncio
import logging
import os
import signal
import socket
import sys
from types import TracebackType

import structlog

from bot import error_reports, logs
from bot.app import Application, CannotStart, connect, serve, web_client
from bot.check import Mark
from bot.check_slack import check_socket_mode
from bot.command_line.database import held
from bot.config import Config, Mode
from bot.routing.load import read_settings
from bot.routing.settings import Settings
from bot.variables import VARIABLES
from storage import schema

log = structlog.get_logger(__name__)

# An orchestrator kills after ten seconds or more. All that Slack heard "ok" for is on the disk.
LONGEST_END_S = 9.0
# They tell at every start and end what is no news.
_CHATTY = ("alembic", "apscheduler")


def run(config: Config) -> None:
    """Run the bot until SIGTERM or Ctrl-C.

    Raises:
        SettingsError, SchemaError, AlreadyRunning, CannotStart: it cannot start; the text says what to do.
    """
    _configure_logs(config)
    url = config.database_url.get_secret_value()
    settings = read_settings(config.settings_path, config.channel, required=config.settings_required)
    if config.mode is Mode.HTTP:
        _require_free(config.host, config.port)
    with held(url):
        schema.upgrade(url)
        asyncio.run(_run(config, settings))


async def _run(config: Config, settings: Settings) -> None:
    stop = asyncio.Event()
    _end_on_signals(stop)
    stopping = asyncio.create_task(stop.wait())
    loop = asyncio.get_running_loop()
    # Not the end, as it would be by default: the settings file is read anew.
    loop.add_signal_handler(signal.SIGHUP, log.info, "not_ready_for_settings")
    connecting = asyncio.create_task(_connect(config, settings))
    await asyncio.wait({stopping, connecting}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if connecting.done():
        application = connecting.result()
        loop.add_signal_handler(signal.SIGHUP, application.watch.hurry)
        await serve(application, stop)
    else:
        connecting.cancel()
        await asyncio.wait({connecting})
    log.info("stopped")


async def _connect(config: Config, settings: Settings) -> Application:
    if config.mode is Mode.SOCKET:
        # With a token that is refused, Slack's client would try to connect for ever, and look alive.
        finding = await check_socket_mode(config, web_client(config))
        if finding.mark is Mark.WRONG:
            raise CannotStart(f"{finding.subject}: {finding.text}")
    return await connect(config, settings)


def _end_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        loop.call_later(LONGEST_END_S, _give_up)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


def _give_up() -> None:
    log.error("did_not_stop_in_time", seconds=LONGEST_END_S)
    os._exit(1)


def _configure_logs(config: Config) -> None:
    logs.configure(config.log_level, config.log_format, config.secrets())
    if config.sentry_dsn is not None:
        error_reports.send_to(config.sentry_dsn.get_secret_value())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_crash
    for variable in VARIABLES:
        if variable.secret:
            # Read already. Bolt would read its own once more and warn; and no child process needs them.
            os.environ.pop(variable.name, None)


def _require_free(host: str, port: int) -> None:
    """Refuse a port that is taken before anything is started."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as failure:
        raise CannotStart(
            f"Nothing can listen on {host} port {port}: {failure.strerror}. Set LIAISON_HOST or LIAISON_PORT."
        ) from failure


def _log_crash(kind: type[BaseException], crash: BaseException, trace: TracebackType | None) -> None:
    """Log what nobody expected as one line, with secrets masked; a plain traceback might show them."""
    log.critical("crashed", exc_info=(kind, crash, trace))
