"""The bot with a clock that is so many seconds ahead: `python -m tests.chaos.shifted_bot 3600`."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta

from bot.app import connect, serve
from bot.config import Config, Mode
from bot.digests import schedule
from bot.routing.load import read_settings
from storage import schema


def main() -> None:
    ahead = timedelta(seconds=float(sys.argv[1]))
    config = Config.from_environment(dict(os.environ), mode=Mode.SOCKET)
    schema.upgrade(config.database_url.get_secret_value())
    asyncio.run(_run(config, ahead))


async def _run(config: Config, ahead: timedelta) -> None:
    settings = read_settings(config.settings_path, config.channel, required=config.settings_required)
    application = await connect(config, settings, lambda: datetime.now(UTC) + ahead)
    # The first ring of the alarm, for which nobody waits a quarter of a minute.
    await schedule.tick(application.services)
    await serve(application, asyncio.Event())


if __name__ == "__main__":
    main()
