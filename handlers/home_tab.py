"""App Home: drawn when it is opened, and whenever something on it changes."""

from typing import Any

from bot.triage.homepage import read_home
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.views import home


async def opened(task: Task, event: dict[str, Any]) -> None:
    """Draw the tab of whoever opened it."""
    await _publish(task, str(event["user"]))


async def publish(task: Task) -> None:
    """Draw the tab of whom a change concerns."""
    await _publish(task, str(task.payload["slack_user_id"]))


async def _publish(task: Task, slack_user_id: str) -> None:
    page = await read_home(task.services, slack_user_id)
    await task.outbox.call("views.publish", user_id=slack_user_id, view=home.draw(page))


FEATURE = Feature(name="home", events={"app_home_opened": opened}, jobs={JobKind.PUBLISH_HOME: JobSpec(publish)})
