"""The product's own web side, from `bot.app.connect`, without the worker.

The worker would do in the next slice, which is another bot's, what this one's slice left in the queue.
With a number of names, that many buttons that only ack take the place of all else. With digests, one is made each
second while the process is told to: SIGUSR1 begins, SIGUSR2 ends.
"""

import argparse
import asyncio
import logging
import os
from pathlib import Path

from benchmarks.digests_making import make_each_second
from bot import logs
from bot.app import Application, connect
from bot.config import Config, Mode
from bot.http_server import make_server
from bot.routing.load import read_settings
from handlers.slack.feature import Request
from storage import schema


async def _only_ack(request: Request) -> None:
    await request.ack()


def _replace_names(application: Application, names: int) -> None:
    requests = application.dispatcher.routes.requests
    requests.clear()
    requests.update({("action", f"bench.{number}"): _only_ack for number in range(names)})


async def serve(config: Config, names: int, *, digests: bool = False) -> None:
    """Serve until the process is ended."""
    settings = read_settings(config.settings_path, config.channel, required=config.settings_required)
    application = await connect(config, settings)
    if names:
        _replace_names(application, names)
    async with asyncio.TaskGroup() as tasks:
        making = tasks.create_task(make_each_second(application.services)) if digests else None
        await make_server(application.asgi(), host=config.host, port=config.port).serve()
        if making is not None:
            making.cancel()


def main() -> None:
    """Read the environment as the product does, then serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=0)
    parser.add_argument("--digests", action="store_true")
    parser.add_argument("--profile", type=Path, help="write what cProfile saw here, at the end")
    given = parser.parse_args()
    config = Config.from_environment(os.environ, mode=Mode.HTTP)
    logs.configure(config.log_level, config.log_format, config.secrets())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # As `liaison run` does: Bolt would read them once more and warn.
    os.environ.pop("SLACK_BOT_TOKEN")
    os.environ.pop("SLACK_SIGNING_SECRET")
    schema.upgrade(config.database_url.get_secret_value())
    if given.profile is None:
        asyncio.run(serve(config, given.names, digests=given.digests))
    else:
        _profiled(config, given.names, given.profile)


def _profiled(config: Config, names: int, target: Path) -> None:
    import cProfile
    import signal

    profile = cProfile.Profile()
    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    try:
        profile.runcall(asyncio.run, serve(config, names))
    finally:
        profile.dump_stats(target)


if __name__ == "__main__":
    main()
