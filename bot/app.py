"""The composition root: Config -> Services -> Bolt, jobs, clock, and the way Slack reaches us."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette

from bot.config import Config, Mode
from bot.digests import schedule, source_polling
from bot.http_server import Doors, make_asgi, make_server
from bot.routing import mirror, reload
from bot.routing.in_force import InForce
from bot.routing.reload import Revision
from bot.routing.settings import Settings
from bot.routing.settings_file import SettingsFile, problems_of
from bot.services import Services
from bot.socket_mode import BoundedSocketMode
from bot.triage import filing, held, polling
from handlers import health, routes
from handlers.health import Health
from handlers.settings_watch import LOOK_EVERY_S, SettingsWatch, look_up_people
from handlers.slack.channels import find_ids
from handlers.slack.dispatch import Dispatcher
from handlers.slack.outbox import Outbox, SlackDown
from handlers.webhooks import Receiver
from integrations.connections import Connections, Sources
from integrations.sources import SOURCES
from integrations.sources.base import SourceKind
from integrations.trackers import TRACKERS
from storage.database import Database, WorkspaceSession
from storage.queue import GiveUp, NewJob, RetryLater, defer
from storage.queue.embedded import Worker, purge

log = structlog.get_logger(__name__)

# The worker looks at the clock every five seconds; silent for this long, it is stuck.
SILENT_TOO_LONG_S = 30.0
# So often the clock looks whether a digest is due: a clock that leaps, or a database that is held, costs no more.
DIGESTS_EVERY_S = 15


class CannotStart(Exception):
    """Slack does not let us in; the text says why and what to do."""


@dataclass(frozen=True)
class Installation:
    """Who we are in Slack."""

    workspace: str
    bot_user_id: str
    bot_id: str


@dataclass(frozen=True)
class Application:
    """All parts of a running bot, made but not started."""

    config: Config
    services: Services
    outbox: Outbox
    dispatcher: Dispatcher
    worker: Worker
    watch: SettingsWatch
    bolt: AsyncApp
    http: aiohttp.ClientSession

    def asgi(self) -> Starlette:
        """Make the web application that takes Slack's signed requests."""
        secrets = [secret.get_secret_value() for secret in self.config.slack_signing_secrets]
        doors = Doors(self.dispatcher.keep_event, AsyncSlackRequestHandler(self.bolt).handle)
        receiver = Receiver(self.services)
        return make_asgi(doors, secrets=secrets, now=self.services.now, ready=self.health, more=receiver.routes())

    def deliveries(self) -> Starlette | None:
        """Make the web application that takes only trackers' deliveries; None where none are awaited."""
        routes = Receiver(self.services).routes()
        return Starlette(routes=[*health.routes(self.health), *routes]) if routes else None

    def health(self) -> Health:
        """Say whether work is being done: a worker that is silent is not healthy, whatever else runs."""
        silent_s = time.monotonic() - self.worker.beat_at
        if silent_s > SILENT_TOO_LONG_S:
            return Health(ok=False, problems=(f"the queue has done nothing for {silent_s:.0f} s",))
        return Health(ok=True)


async def connect(
    config: Config,
    settings: Settings,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    known_sources: Mapping[str, SourceKind] = SOURCES,
) -> Application:
    """Ask Slack who we are and put all parts together.

    Raises:
        CannotStart: the token is refused, or the settings name people whom nobody is called.
    """
    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=25))
    outbox = Outbox(web_client(config, session))
    try:
        installation = await _who_we_are(outbox)
        settings = await _with_ids(config, settings, outbox)
    except (CannotStart, asyncio.CancelledError):
        await session.close()
        raise
    database = Database(config.database_url.get_secret_value())
    workspace = installation.workspace
    trackers = Connections(TRACKERS, config.tracker_values(), workspace=workspace, database=database, now=now)
    sources = Sources(known_sources, config.tracker_values(), now=now)
    services = Services(database, workspace, InForce(settings), trackers, now, sources=sources)
    watch = await _put_in_force(config, services, outbox)
    aliases = {config.command_bug: "/bug", config.command_main: "/liaison"}
    dispatcher = Dispatcher(routes(), services, outbox, aliases, installation.bot_user_id)
    worker = Worker(database, workspace, dispatcher.job_handlers(), now)
    bolt = _bolt(config, installation)
    dispatcher.attach(bolt)
    return Application(config, services, outbox, dispatcher, worker, watch, bolt, session)


async def serve(application: Application, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Run until `stop` is set, then end in order: nothing new, last acks, running jobs, database."""
    working = asyncio.create_task(application.worker.run(), name="queue")
    working.add_done_callback(lambda _: stop.set())
    scheduler = _clock(application)
    # What trackers told while nobody was here was missed.
    await _ask_trackers(application.services, f"start:{application.services.now().isoformat()}")
    scheduler.start()
    application.services.known.warm_soon(application.services.database, application.services.workspace)
    stopping = asyncio.create_task(stop.wait())
    try:
        if application.config.mode is Mode.HTTP:
            await _serve_http(application, application.asgi(), stopping, ready)
        else:
            await _serve_socket(application, stopping, ready)
    finally:
        scheduler.shutdown(wait=False)
        await application.worker.stop()
        try:
            # A worker that died brings the process down with its error: never green but dead.
            await working
            # Its last turn may have started jobs after the first call looked.
            await application.worker.stop()
        finally:
            await application.services.trackers.close()
            await application.services.sources.close()
            await application.services.database.close()
            await application.http.close()


def web_client(config: Config, session: aiohttp.ClientSession | None = None) -> AsyncWebClient:
    """Make the one client for Slack's Web API.

    Its own retries are off: they post twice when an answer is lost. The queue retries, and looks first.
    """
    token = config.slack_bot_token.get_secret_value() if config.slack_bot_token else None
    return AsyncWebClient(token=token, base_url=config.slack_api_url, session=session, retry_handlers=[])


async def _serve_socket(application: Application, stopping: "asyncio.Task[bool]", ready: Callable[[], None]) -> None:
    token = application.config.slack_app_token
    assert token is not None
    client = AsyncWebClient(base_url=application.config.slack_api_url)
    handler = BoundedSocketMode(application.bolt, token.get_secret_value(), client, application.dispatcher.keep_event)
    deliveries = application.deliveries()
    taking = _serve_http(application, deliveries, stopping, lambda: None) if deliveries else stopping
    receiving = asyncio.ensure_future(taking)
    # It tries for as long as Slack is away; the end of the process must not wait for that.
    connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]  # slack_bolt's
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if connecting.done():
        connecting.result()
        log.info("listening", mode="socket")
        ready()
        await stopping
    connecting.cancel()
    await handler.close_gently()
    await receiving


async def _serve_http(
    application: Application, asgi: Starlette, stopping: "asyncio.Task[bool]", ready: Callable[[], None]
) -> None:
    config = application.config
    server = make_server(asgi, host=config.host, port=config.port)
    serving = asyncio.create_task(server.serve(), name="http")
    log.info("listening", mode="http", host=config.host, port=config.port)
    ready()
    await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


async def _who_we_are(outbox: Outbox) -> Installation:
    try:
        answer = await outbox.call("auth.test")
    except Exception as refusal:
        raise CannotStart(_why_not(str(refusal))) from refusal
    return Installation(str(answer["team_id"]), str(answer["user_id"]), str(answer.get("bot_id", "")))


def _why_not(error: str) -> str:
    if error in {"invalid_auth", "not_authed", "account_inactive", "token_revoked"}:
        return (
            f"Slack refuses SLACK_BOT_TOKEN ({error}). Copy the Bot User OAuth Token of your app again, or install"
            " the app to the workspace first."
        )
    return f"Slack did not answer: {error}. Check the network and SLACK_API_URL, then start again."


def _bolt(config: Config, installation: Installation) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        # Ours, made once: Bolt's own asks Slack again, unlocked, and fails when Slack's API is down.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=installation.workspace,
            bot_user_id=installation.bot_user_id,
            bot_id=installation.bot_id,
            bot_token=config.slack_bot_token.get_secret_value() if config.slack_bot_token else None,
        )

    return AsyncApp(
        authorize=authorize,
        # By default Bolt acks an event before its listener runs: 25 of 125 acked events were lost on kill -9.
        process_before_response=True,
        # The guard in front of Bolt verifies, with two secrets while one is being changed.
        request_verification_enabled=False,
    )


def _clock(application: Application) -> AsyncIOScheduler:
    """Make the alarm clock: it only rings, and the unique key of what it defers lets one ring through."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(_every_hour, "interval", hours=1, args=[application.services], misfire_grace_time=None)
    scheduler.add_job(_every_minute, "interval", minutes=1, args=[application.services], misfire_grace_time=None)
    scheduler.add_job(
        _every_ring, "interval", seconds=DIGESTS_EVERY_S, args=[application.services], misfire_grace_time=None
    )
    scheduler.add_job(application.watch.look, "interval", seconds=LOOK_EVERY_S, misfire_grace_time=None)
    return scheduler


async def _every_minute(services: Services) -> None:
    await _ask_trackers(services, f"{services.now():%Y-%m-%dT%H:%M}")


async def _every_ring(services: Services) -> None:
    try:
        await schedule.tick(services)
    except (SQLAlchemyError, RuntimeError) as failure:
        # The database is held or closed: the next ring finds what is due as this one would have.
        log.warning("digests_not_looked_at", error=type(failure).__name__)


async def _ask_trackers(services: Services, cause: str) -> None:
    now = services.now()

    def unit(session: WorkspaceSession) -> None:
        polling.ask_all(session, services, cause)
        source_polling.ask_all(session, services)
        filing.file_unfiled(session, now)

    try:
        await services.database.write(services.workspace, unit)
    except RuntimeError:
        # The database was closed meanwhile: the process ends, and the next start asks.
        return


async def _every_hour(services: Services) -> None:
    now = services.now()

    def unit(session: WorkspaceSession) -> None:
        purge(session, now)
        held.forget_old(session, now)
        defer(session, NewJob(mirror.SYNC_MEMBERS, unique_key=f"members:{now:%Y-%m-%dT%H}"))

    await services.database.write(services.workspace, unit)
    services.known.forget_idle()


async def _with_ids(config: Config, settings: Settings, outbox: Outbox) -> Settings:
    """Give settings with the ids of channels and people given by name; `status` tells of channels not found."""
    try:
        people, strangers = await look_up_people(outbox, settings)
        channels = await find_ids(outbox, settings.channel_names())
    except (GiveUp, RetryLater, SlackDown) as failure:
        raise CannotStart(f"Slack did not say whom the settings file means ({failure}). Start again.") from failure
    if strangers:
        text = await asyncio.to_thread(config.settings_path.read_text, "utf-8-sig")
        problems = problems_of(text, strangers)
        raise CannotStart("\n".join(f"{config.settings_path}:{problem}" for problem in problems))
    return settings.with_ids(channels, people)


async def _put_in_force(config: Config, services: Services, outbox: Outbox) -> SettingsWatch:
    """Keep the settings of the start, and watch their file."""
    file = SettingsFile(config.settings_path, config.channel, config.settings_required)
    watch = SettingsWatch(file, services, outbox)
    reading, settings = await asyncio.to_thread(file.read), services.settings
    services.in_force.replace(settings, reading.text)
    services.in_force.file = file.name
    revision = Revision(file.name, reading.digest, services.now())
    await services.database.write(services.workspace, lambda one: reload.keep_in_force(one, settings, revision))
    return watch
