"""App Home: drawn when it is opened, and whenever something on it changes."""

from typing import Any

from bot.digests.overview import read_overview
from bot.errors import UserError
from bot.services import Services
from bot.triage.homepage import read_home, say_role
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Request, Task
from handlers.slack.outbox import Outbox
from handlers.views import digest_list, home
from storage.models import Role


async def opened(task: Task, event: dict[str, Any]) -> None:
    """Draw the tab of whoever opened it."""
    await _publish(task, str(event["user"]))


async def publish(task: Task) -> None:
    """Draw the tab of whom a change concerns."""
    await _publish(task, str(task.payload["slack_user_id"]))


async def choose_role(request: Request) -> None:
    """Keep what the person says they do, and draw their tab without the question."""
    chosen = str((request.body["actions"][0].get("selected_option") or {}).get("value"))
    if chosen not in set(Role):
        raise UserError("This menu is of an older version. Open the Home tab again.")
    await say_role(request.services, request.user_id, Role(chosen))
    await request.ack()
    await _draw(request.services, request.outbox, request.user_id)


async def _publish(task: Task, slack_user_id: str) -> None:
    await _draw(task.services, task.outbox, slack_user_id)


async def _draw(services: Services, outbox: Outbox, slack_user_id: str) -> None:
    page = await read_home(services, slack_user_id)
    digests = await services.database.read(services.workspace, lambda session: read_overview(session, services))
    view = home.draw(page, digest_list.home(digests))
    await outbox.call("views.publish", user_id=slack_user_id, view=view)


FEATURE = Feature(
    name="home",
    actions={home.ROLE: choose_role},
    events={"app_home_opened": opened},
    jobs={JobKind.PUBLISH_HOME: JobSpec(publish)},
)
