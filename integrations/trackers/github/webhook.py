"""Deliveries of GitHub: signed with X-Hub-Signature-256, never repeated by itself."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError

from integrations.json_text import read_json
from integrations.trackers.base import Changes, CommentGone, Delivery, Item
from integrations.trackers.github.activity import (
    RawDeployment,
    RawDeploymentStatus,
    RawPull,
    RawRelease,
    RawReview,
    deployment_item,
    pull_item,
    release_item,
    review_item,
)
from integrations.trackers.github.payloads import RawComment, RawIssue, comment_from, issue_from
from storage.models import IssueState

Model = TypeVar("Model", bound=BaseModel)
Payload = Mapping[str, Any]


class GitHubWebhook:
    """Verifies and reads deliveries."""

    def verify(self, delivery: Delivery, secret: str, now: datetime) -> bool:
        """Compare the signature of the raw body; GitHub signs no time, so the delivery id must tell repeats."""
        expected = "sha256=" + hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
        given = delivery.headers.get("x-hub-signature-256", "")
        return bool(secret) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))

    def delivery_id(self, delivery: Delivery) -> str:
        """Give the hash of what was signed: the id in the header is not, so anybody could change it."""
        event = delivery.headers.get("x-github-event", "")
        return hashlib.sha256(event.encode("utf-8", "replace") + b"\0" + delivery.body).hexdigest()

    def parse(self, delivery: Delivery, account_key: str) -> Changes:
        """Read issues, their comments, pull requests, reviews, releases and deployments."""
        payload = _payload(delivery)
        reader = _READERS.get(delivery.headers.get("x-github-event", ""))
        project = payload.get("repository", {}).get("full_name") if reader else None
        if reader is None or not project:
            return Changes()
        try:
            return reader(payload, str(project), account_key)
        except KeyError as error:
            raise ValueError(f"no {error} in the delivery") from None


def _payload(delivery: Delivery) -> Payload:
    """Read the body: JSON, or JSON in a form, which is what GitHub sends unless told otherwise."""
    body = delivery.body
    if delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = "".join(parse_qs(body.decode()).get("payload", [])).encode("utf-8", "surrogatepass")
    payload = read_json(body)
    if not isinstance(payload, dict) or not isinstance(payload.get("repository", {}), dict):
        raise ValueError("a delivery of GitHub is an object")
    return payload


def _read(model: type[Model], value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"{model.__name__}: {error.errors()[0]['loc']}") from None


def _action(payload: Payload) -> str:
    return str(payload.get("action"))


def _issues(payload: Payload, project: str, account_key: str) -> Changes:
    raw = _read(RawIssue, payload["issue"])
    if raw.pull_request is not None:
        return Changes()
    issue = issue_from(raw, project, account_key)
    if _action(payload) in {"deleted", "transferred"}:
        issue = replace(issue, state=IssueState.DROPPED, state_raw=_action(payload))
    return Changes(issues=(issue,))


def _issue_comment(payload: Payload, project: str, account_key: str) -> Changes:
    raw = _read(RawComment, payload["comment"])
    if not raw.is_on_issue:
        return Changes()
    comment = comment_from(raw, project, account_key)
    if _action(payload) == "deleted":
        return Changes(gone=(CommentGone(comment.external_id, comment.issue_id, project),))
    return Changes(comments=(comment,))


def _pull_request(payload: Payload, project: str, _: str) -> Changes:
    return _with(pull_item(_read(RawPull, payload["pull_request"]), project))


def _review(payload: Payload, project: str, _: str) -> Changes:
    pull = pull_item(_read(RawPull, payload["pull_request"]), project)
    return _with(review_item(_read(RawReview, payload["review"]), pull))


def _release(payload: Payload, project: str, _: str) -> Changes:
    if _action(payload) in {"deleted", "unpublished"}:
        return Changes()
    return _with(release_item(_read(RawRelease, payload["release"]), project))


def _deployment(payload: Payload, project: str, _: str) -> Changes:
    return _with(deployment_item(_read(RawDeployment, payload["deployment"]), None, project))


def _deployment_status(payload: Payload, project: str, _: str) -> Changes:
    status = _read(RawDeploymentStatus, payload["deployment_status"])
    return _with(deployment_item(_read(RawDeployment, payload["deployment"]), status, project))


def _with(item: Item | None) -> Changes:
    return Changes(items=(item,) if item else ())


_READERS: Mapping[str, Callable[[Payload, str, str], Changes]] = {
    "issues": _issues,
    "issue_comment": _issue_comment,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "release": _release,
    "deployment": _deployment,
    "deployment_status": _deployment_status,
}
