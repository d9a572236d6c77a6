"""Jira's webhook deliveries: signed with the secret they were registered with."""

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from integrations.json_text import read_json
from integrations.trackers.base import Changes, Comment, CommentGone, Delivery
from integrations.trackers.jira.payloads import RawComment, RawIssue, Reading
from storage.models import IssueState

# https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks
_SIGNATURE = "x-hub-signature"
# The same when a delivery is sent again.
_ID_HEADER = "x-atlassian-webhook-identifier"
DELETED = "deleted"
_ID = re.compile(r"[\x21-\x7e]{8,255}")
Model = TypeVar("Model", bound=BaseModel)


class HookIssueName(BaseModel):
    """The issue of a comment: only some of its fields come along."""

    id: str
    key: str


class HookComment(BaseModel):
    """A comment and its issue."""

    comment: RawComment
    issue: HookIssueName


class HookIssue(BaseModel):
    """An issue."""

    issue: RawIssue


class JiraWebhook:
    """Knows Jira's deliveries, those of Cloud and of Data Center."""

    def verify(self, delivery: Delivery, secret: str, now: datetime) -> bool:
        """Check "sha256=" and the HMAC-SHA256 of the body; a delivery that is not signed is refused."""
        expected = b"sha256=" + hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest().encode()
        given = delivery.headers.get(_SIGNATURE, "").encode("utf-8", "replace")
        return bool(secret) and hmac.compare_digest(expected, given)

    def delivery_id(self, delivery: Delivery) -> str:
        """Give Jira's id of the delivery; where there is none, what it says must do."""
        given = delivery.headers.get(_ID_HEADER, "")
        return given if _ID.fullmatch(given) else hashlib.sha256(delivery.body).hexdigest()

    def parse(self, delivery: Delivery, account_key: str) -> Changes:
        """Read issues and comments; an issue that was deleted is told as dropped, reading it shows that it is gone.

        Data Center tells of a comment twice: by itself without its issue, which is left, and with the issue's change.
        """
        payload = read_json(delivery.body)
        if not isinstance(payload, dict):
            raise ValueError("a delivery of Jira is an object")
        reading = Reading(_home(payload), account_key)
        match payload.get("webhookEvent"):
            case "jira:issue_created" | "jira:issue_updated":
                return _issue_changes(payload, reading)
            case "jira:issue_deleted":
                deleted = reading.issue(_read(HookIssue, payload).issue)
                return Changes(issues=(replace(deleted, state=IssueState.DROPPED, state_raw=DELETED),))
            case "comment_created" | "comment_updated" | "comment_deleted" if "issue" not in payload:
                return Changes()
            case "comment_created" | "comment_updated":
                comment = _comment(payload, reading)
                return Changes(comments=(comment,) if comment else ())
            case "comment_deleted":
                gone = _read(HookComment, payload)
                project = gone.issue.key.rpartition("-")[0]
                return Changes(gone=(CommentGone(gone.comment.id, gone.issue.id, project),))
        return Changes()


def _issue_changes(payload: dict[str, Any], reading: Reading) -> Changes:
    """Read an issue; Data Center tells of comments by the issue's change, too."""
    raw = _read(HookIssue, payload).issue
    comment = _comment(payload, reading) if "comment" in payload else None
    return Changes(issues=(reading.issue(raw),), comments=(comment,) if comment else ())


def _comment(payload: dict[str, Any], reading: Reading) -> Comment | None:
    hook = _read(HookComment, payload)
    return reading.comment(hook.comment, hook.issue.id, hook.issue.key) if hook.comment.is_for_all else None


def _home(payload: dict[str, Any]) -> str:
    """Find the site's address in that of the issue, or of the comment."""
    for part in ("issue", "comment"):
        one = payload.get(part)
        address = one.get("self") if isinstance(one, dict) else None
        if isinstance(address, str) and urlsplit(address).scheme in {"http", "https"}:
            return address.partition("/rest/")[0]
    return ""


def _read(model: type[Model], payload: Any) -> Model:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise ValueError(f"{model.__name__}: {error.errors()[0]['loc']}") from None
