"""The command line `liaison`; nothing else reads the environment and .env."""

# What a command needs is imported when it runs: `liaison --version` and --help answer at once.

import os
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values

from bot.command_line.screen import refuse, refusing, say
from bot.config import Config, ConfigError, Mode

ENVIRONMENT_FILE = Path(".env")
DEMO_HOME = Path(".liaison/demo")

liaison = typer.Typer(
    help="Carries a bug report from a person to a decision, in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="Upgrade or back up the database.", no_args_is_help=True)
queue = typer.Typer(help="See and retry jobs that gave up.", no_args_is_help=True)
liaison.add_typer(db, name="db")
liaison.add_typer(queue, name="queue")


class DigestSlot(StrEnum):
    """The digests that a day may have."""

    DAILY = "daily"
    WEEKLY = "weekly"


Http = Annotated[bool, typer.Option("--http", help="Signed HTTP requests instead of Socket Mode.")]


def _show_version(asked: bool) -> None:
    if asked:
        say(f"liaison {version('liaison-bot')}")
        raise typer.Exit


@liaison.callback()
def start(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Carries a bug report from a person to a decision, in Slack."""


@liaison.command()
def run(http: Http = False) -> None:
    """Run the bot in your workspace until Ctrl-C."""
    config = _config(Mode.HTTP if http else Mode.SOCKET)
    from bot.app import CannotStart
    from bot.command_line.running import run as run_bot
    from bot.error_reports import SentryMissing
    from bot.locks import AlreadyRunning
    from bot.routing.load import SettingsError
    from storage.schema import SchemaError

    with refusing(SettingsError, SchemaError, AlreadyRunning, CannotStart, SentryMissing):
        run_bot(config)


@liaison.command()
def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was done before.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
    port: Annotated[int, typer.Option(min=1024, max=65000, help="Where the local Slack begins to look.")] = 3333,
) -> None:
    """Show everything on this machine: a local Slack, an example team, your browser."""
    import asyncio

    from bot import logs
    from bot.app import CannotStart
    from bot.demo.run import DemoOptions, run_demo
    from bot.errors import UserError
    from bot.locks import AlreadyRunning
    from storage.schema import SchemaError

    logs.configure("warning", "console")
    options = DemoOptions(home=DEMO_HOME, port=port, fresh=fresh, open_browser=not no_browser)
    with refusing(UserError, SchemaError, AlreadyRunning, CannotStart):
        asyncio.run(run_demo(options, say))


@liaison.command()
def manifest(
    url: Annotated[str, typer.Option(help="Public https address of `liaison run --http`.")] = "",
    link: Annotated[bool, typer.Option("--link", help="Print the address that makes the app at once.")] = False,
) -> None:
    """Print the manifest from which Slack makes the app."""
    if url and not url.startswith("https://"):
        refuse("--url must be your public address and start with https://")
    config = _config(Mode.OFFLINE)
    from bot import manifest as slack_manifest

    made = slack_manifest.make(slack_manifest.command_names(config), url)
    typer.echo(slack_manifest.link(made) if link else slack_manifest.render(made), nl=link)


@liaison.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="Check this settings file and nothing else.")] = None,
    http: Http = False,
) -> None:
    """Say what stands in the way of a start, and what to do about it."""
    from bot.command_line import checking

    if file is not None:
        raise typer.Exit(checking.check_file(file))
    raise typer.Exit(checking.check(_environment(), Mode.HTTP if http else Mode.SOCKET))


@liaison.command("try")
def try_rules(  # noqa: PLR0913 - Typer makes each option of a parameter
    text: Annotated[str, typer.Argument(help="What somebody might write; the first line is the title.")],
    *,
    url: Annotated[str, typer.Option(help="The page it is about.")] = "",
    reporter: Annotated[str, typer.Option(help="Who reports it: a member id.")] = "",
    role: Annotated[str, typer.Option(help="What the reporter does, like support; else as the file says.")] = "",
    channel: Annotated[str, typer.Option(help="Where it is reported: a channel as the file names it.")] = "",
    component: Annotated[str, typer.Option(help="What the reporter chose.")] = "",
    severity: Annotated[str, typer.Option(help="How bad the reporter says it is: S1 to S4.")] = "",
    private: Annotated[bool, typer.Option("--private", help="The reporter asked for it.")] = False,
    away: Annotated[list[str] | None, typer.Option(help="Who is away: a member id; may be given again.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it comes; else today.")] = None,
    file: Annotated[Path | None, typer.Option(help="The settings file; else the one that is in use.")] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show the rules before the one that decides too.")] = False,
) -> None:
    """Say where a report would go by the rules of the settings file, and why."""
    from bot.command_line.trying import Trial
    from bot.command_line.trying import try_rules as try_text

    trial = Trial(
        text=text,
        url=url,
        reporter=reporter,
        role=role,
        channel=channel,
        component=component,
        severity=severity,
        away=tuple(away or ()),
        on=on.date() if on else None,
        is_private=private,
    )
    raise typer.Exit(try_text(file or _config(Mode.OFFLINE).settings_path, trial, show_all=show_all))


@liaison.command()
def digest(
    name: Annotated[str, typer.Argument(help="Whose digest: an audience of the settings file, like qa.")],
    *,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The digest of this day; else of now.")
    ] = None,
    slot: Annotated[DigestSlot | None, typer.Option(help="Which, where a day has both.")] = None,
    workspace: Annotated[str, typer.Option(help="Whose, where the database has more than one: a team id.")] = "",
    show: Annotated[
        bool, typer.Option("--print", show_default=False, help="Print it here; it is never posted.")
    ] = True,
    from_demo: Annotated[bool, typer.Option("--demo", help="That of the example team, without any server.")] = False,
) -> None:
    """Print a digest as it was on a day, or as it would be now."""
    from bot import logs
    from bot.command_line import digests
    from bot.errors import UserError
    from bot.routing.load import SettingsError
    from storage.models import Slot
    from storage.schema import SchemaError

    logs.configure("warning", "console")
    asked = digests.Asked(name, as_of.date() if as_of else None, Slot(slot) if slot else None, workspace)
    now = datetime.now(UTC)
    with refusing(SettingsError, SchemaError, UserError):
        text = digests.tell_demo(asked, now) if from_demo else digests.tell(_config(Mode.OFFLINE), asked, now)
    if show:
        say(text)


@liaison.command()
def schema() -> None:
    """Print the JSON Schema of the settings file, for editors."""
    from bot.routing.schema import render_schema

    typer.echo(render_schema(), nl=False)


@liaison.command()
def status() -> None:
    """Say how the installation is; exit code 1 when something is wrong."""
    url = _database_url()
    from bot.command_line import upkeep
    from storage.schema import SchemaError

    with refusing(SchemaError):
        raise typer.Exit(upkeep.status(url))


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this version; `run` does it too."""
    url = _database_url()
    from bot.command_line.database import held
    from bot.locks import AlreadyRunning
    from storage import schema

    with refusing(schema.SchemaError, AlreadyRunning), held(url):
        say(f"The database has schema {schema.upgrade(url)}.")


@db.command()
def backup(file: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Copy the database into a new file, also while Liaison runs. To restore, put it in the place of the old."""
    url = _database_url()
    from storage import schema

    with refusing(schema.SchemaError):
        schema.backup(url, file)
    say(f"The backup is in {file}.")


@queue.command("list")
def list_jobs() -> None:
    """Show the jobs that gave up, run or wait."""
    url = _database_url()
    from bot.command_line import upkeep
    from storage.schema import SchemaError

    with refusing(SchemaError):
        upkeep.list_jobs(url)


@queue.command()
def retry(job_id: Annotated[int | None, typer.Argument(help="One job; all when left out.")] = None) -> None:
    """Try jobs that gave up again, when their cause is mended."""
    url = _database_url()
    from bot.command_line import upkeep
    from storage.schema import SchemaError

    with refusing(SchemaError):
        upkeep.retry(url, job_id)


def main() -> None:
    """Run the command line."""
    liaison(prog_name="liaison")


def _config(mode: Mode) -> Config:
    with refusing(ConfigError):
        return Config.from_environment(_environment(), mode=mode)


def _database_url() -> str:
    return _config(Mode.OFFLINE).database_url.get_secret_value()


def _environment() -> dict[str, str]:
    """Read .env and the environment, which wins; a name without = counts as blank."""
    try:
        given = dotenv_values(ENVIRONMENT_FILE, interpolate=False)
    except (OSError, UnicodeDecodeError) as failure:
        refuse(f"{ENVIRONMENT_FILE} cannot be read: {failure}")
    return {**{name: value or "" for name, value in given.items()}, **os.environ}


if __name__ == "__main__":
    main()
