"""*Create issues* in a digest: an issue for each frame that is ready for development and has none."""

import re

from bot.errors import UserError
from bot.triage import frame_issues
from handlers.slack.feature import Feature, Request
from handlers.views import digest as view
from handlers.views.digest_acts import OUTDATED


async def create_issues(request: Request) -> None:
    """Have the issues made; the lines then say which."""
    item_ids = _ids(view.pressed_value(request.body["actions"][0]))
    await frame_issues.ask(request.services, item_ids, request.user_id, request.key)
    await request.ack()


def _ids(value: str) -> list[int]:
    """Read the ids of frames that the button of a section names."""
    if not re.fullmatch(r"\d{1,18}(,\d{1,18})*", value):
        raise UserError(OUTDATED)
    return [int(one) for one in value.split(",")]


FEATURE = Feature(name="digest_design", actions={view.DIGEST_CREATE_ISSUES: create_issues})
