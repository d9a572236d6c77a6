"""The one place where an exception becomes a Slack answer."""

import secrets
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import PermissionRefused, UserError
from handlers.slack.feature import Request, RequestHandler
from handlers.slack.web_api import SlackDown
from handlers.views.text import escape
from storage.queue import GiveUp, RetryLater

log = structlog.get_logger(__name__)

NOT_SAVED = "This could not be saved just now, so nothing was changed. Please try again in a minute."

SLACK_AWAY = "Slack did not let us answer in time. Look whether it is done; if not, please press once more."


async def run(handler: RequestHandler, request: Request) -> None:
    """Run a handler; whatever goes wrong, the person is told, and a form stays open with their words in it."""
    try:
        await handler(request)
    except UserError as refusal:
        if isinstance(refusal, PermissionRefused):
            log.warning("permission_refused", user=request.user_id, key=request.key)
        # Names and words of people may stand in it, but never a mention or a link of ours.
        await _tell(request, escape(str(refusal)), plain=str(refusal))
    except SQLAlchemyError as failure:
        log.error("not_saved", error=type(failure).__name__, key=request.key)
        await _tell(request, NOT_SAVED)
    except (RetryLater, GiveUp, SlackDown) as failure:
        # Nothing was decided: a form could not be opened, or an answer not be shown.
        log.warning("slack_did_not_answer", error=str(failure), key=request.key)
        await _tell(request, SLACK_AWAY)
    # The last resort for a bug of ours: the log has the details, the person has a number to name.
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("handler_failed", incident=incident, key=request.key)
        await _tell(
            request,
            f"Something went wrong on our side. Please try again; if it stays, name *{incident}* to whoever runs"
            " Liaison.",
        )


async def _tell(request: Request, text: str, *, plain: str = "") -> None:
    block_id = _first_input(request.body)
    if block_id:
        # Plain text only: Slack shows field errors as they are.
        shown = (plain or text).replace("*", "").replace("`", "")
        await request.ack(response_action="errors", errors={block_id: shown})
        return
    await request.ack()
    await request.say(text)


def _first_input(body: dict[str, Any]) -> str:
    if body.get("type") != "view_submission":
        return ""
    blocks = (body.get("view") or {}).get("blocks") or []
    return next((str(block.get("block_id") or "") for block in blocks if block.get("type") == "input"), "")
