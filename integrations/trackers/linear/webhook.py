"""Linear's webhook deliveries: signed over the raw body, which holds the time of sending."""

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ValidationError

from integrations.json_text import read_json
from integrations.trackers.base import Account, Changes, Comment, CommentGone, Delivery, Issue, markers_in
from integrations.trackers.linear import text
from integrations.trackers.linear.payloads import DELETED, Raw, RawLabel, RawName, RawState, RawTeam, RawUser
from storage.models import IssueState

# https://linear.app/developers/webhooks#securing-webhooks
MOST_AGE = timedelta(seconds=60)
_DELIVERY_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_ACTIONS = frozenset({"create", "update", "restore"})
_KEY_IN_ADDRESS = re.compile(r"/issue/([A-Z][A-Z0-9]*-\d+)")
Model = TypeVar("Model", bound=BaseModel)


class HookIssue(Raw):
    """An issue as a delivery has it: who made it is only an id."""

    id: str
    identifier: str
    title: str
    url: str
    description: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    state: RawState
    team: RawTeam
    creator_id: str | None = None
    creator: RawUser | None = None
    assignee: RawUser | None = None
    labels: tuple[RawLabel, ...] = ()


class HookCommentIssue(Raw):
    """The issue of a comment."""

    id: str
    identifier: str
    team: RawTeam | None = None


class HookComment(Raw):
    """A comment as a delivery has it."""

    id: str
    body: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    issue: HookCommentIssue | None = None
    issue_id: str | None = None
    user_id: str | None = None
    user: RawUser | None = None
    external_user: RawName | None = None
    bot_actor: RawName | None = None


class LinearWebhook:
    """Knows Linear's deliveries."""

    def verify(self, delivery: Delivery, secret: str, now: datetime) -> bool:
        """Check the signature (HMAC-SHA256, in hexadecimal), and that it was sent in the last minute."""
        expected = hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
        given = delivery.headers.get("linear-signature", "")
        is_signed = bool(secret) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
        return is_signed and _is_recent(delivery.body, now)

    def delivery_id(self, delivery: Delivery) -> str:
        """Give Linear's id of the delivery, which is the same when it is sent again."""
        given = delivery.headers.get("linear-delivery", "")
        return given if _DELIVERY_ID.fullmatch(given) else hashlib.sha256(delivery.body).hexdigest()

    def parse(self, delivery: Delivery, account_key: str) -> Changes:
        """Read issues and their comments."""
        payload = _object(delivery.body)
        content, action, url = payload.get("data"), payload.get("action"), payload.get("url")
        match payload.get("type"):
            case "Issue" if action in _ACTIONS:
                return Changes(issues=(_issue(_read(HookIssue, content), account_key),))
            case "Issue" if action == "remove":
                deleted = _issue(_read(HookIssue, content), account_key)
                return Changes(issues=(replace(deleted, state=IssueState.DROPPED, state_raw=DELETED),))
            case "Comment" if action in _ACTIONS:
                return _comment(_read(HookComment, content), account_key, str(url or ""))
            case "Comment" if action == "remove":
                return _gone(_read(HookComment, content), str(url or ""))
        return Changes()


def _object(body: bytes) -> dict[str, Any]:
    payload = read_json(body)
    if not isinstance(payload, dict):
        raise ValueError("a delivery of Linear is an object")
    return payload


def _is_recent(body: bytes, now: datetime) -> bool:
    try:
        sent_at = _object(body).get("webhookTimestamp")
    except ValueError:
        return False
    if isinstance(sent_at, bool) or not isinstance(sent_at, int | float):
        return False
    return abs(now.timestamp() * 1000 - sent_at) <= MOST_AGE.total_seconds() * 1000


def _read(model: type[Model], content: Any) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{model.__name__}: {error.errors()[0]['loc']}") from None


def _issue(raw: HookIssue, account_key: str) -> Issue:
    creator = raw.creator.account() if raw.creator else Account(raw.creator_id or "")
    is_ours = bool(account_key) and creator.key == account_key
    return Issue(
        external_id=raw.id,
        project=raw.team.key,
        key=raw.identifier,
        url=raw.url,
        title=raw.title,
        state=raw.state.state,
        state_raw=raw.state.name,
        updated_at=raw.updated_at,
        created_at=raw.created_at,
        author=creator,
        labels=tuple(label.name for label in raw.labels),
        assignee=raw.assignee.account() if raw.assignee else None,
        body=text.read(raw.description or ""),
        markers=markers_in(raw.description or "") if is_ours else (),
    )


def _comment(raw: HookComment, account_key: str, url: str) -> Changes:
    issue_id = _issue_id(raw)
    if not issue_id:
        return Changes()
    is_ours = bool(account_key) and raw.user_id == account_key
    comment = Comment(
        external_id=raw.id,
        issue_id=issue_id,
        project=_project(raw.issue, url),
        author=_author(raw),
        body=text.read(raw.body),
        created_at=raw.created_at,
        updated_at=raw.updated_at,
        url=url,
        markers=markers_in(raw.body) if is_ours else (),
        by_us=is_ours,
    )
    return Changes(comments=(comment,))


def _gone(raw: HookComment, url: str) -> Changes:
    issue_id = _issue_id(raw)
    return Changes(gone=(CommentGone(raw.id, issue_id, _project(raw.issue, url)),)) if issue_id else Changes()


def _issue_id(raw: HookComment) -> str:
    """Give the issue's id; what is on something else (a project, say) has none."""
    return (raw.issue.id if raw.issue else raw.issue_id) or ""


def _author(raw: HookComment) -> Account:
    if raw.user:
        return raw.user.account()
    other = raw.external_user or raw.bot_actor
    return Account(raw.user_id or "", (other and other.name) or "Linear")


def _project(issue: HookCommentIssue | None, url: str) -> str:
    """Give the team's key: it is also the first half of the issue's, which the address holds."""
    if issue and issue.team:
        return issue.team.key
    found = _KEY_IN_ADDRESS.search(url)
    key = issue.identifier if issue else (found[1] if found else "")
    return key.rpartition("-")[0]
