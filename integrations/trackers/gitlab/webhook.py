"""GitLab's webhook deliveries: with a secret in a header, or signed (Standard Webhooks) if it is a signing token."""

import base64
import binascii
import hashlib
import hmac
import math
import re
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from integrations.json_text import read_json
from integrations.trackers.base import Changes, Delivery
from integrations.trackers.gitlab.hooks import HookDeployment, HookIssue, HookMergeRequest, HookNote, HookRelease

SIGNING_PREFIX = "whsec_"
# https://www.standardwebhooks.com
MOST_AGE = timedelta(minutes=5)
# The same when a delivery is sent again. X-Gitlab-Event-UUID is not: what an earlier delivery led to has the same one.
_ID_HEADERS = ("webhook-id", "idempotency-key")
_ID = re.compile(r"[\x21-\x7e]{8,255}")
Model = TypeVar("Model", bound=BaseModel)


class GitLabWebhook:
    """Knows GitLab's deliveries."""

    def verify(self, delivery: Delivery, secret: str, now: datetime) -> bool:
        """Check the signature if the secret is a signing token, and else that the secret itself was sent."""
        if secret.startswith(SIGNING_PREFIX):
            return _is_signed(delivery, secret, now)
        given = delivery.headers.get("x-gitlab-token", "").encode("utf-8", "replace")
        return bool(secret) and hmac.compare_digest(secret.encode(), given)

    def delivery_id(self, delivery: Delivery) -> str:
        """Give GitLab's id of the delivery; older servers have none, so that what it says must do."""
        given = next((delivery.headers[name] for name in _ID_HEADERS if delivery.headers.get(name)), "")
        return given if _ID.fullmatch(given) else hashlib.sha256(delivery.body).hexdigest()

    def parse(self, delivery: Delivery, account_key: str) -> Changes:
        """Read issues, their notes, merge requests, approvals, releases and deployments."""
        payload = read_json(delivery.body)
        if not isinstance(payload, dict):
            raise ValueError("a delivery of GitLab is an object")
        match payload.get("object_kind"):
            case "issue":
                return Changes(issues=(_read(HookIssue, payload).issue(account_key),))
            case "note":
                comment = _read(HookNote, payload).comment(account_key) if "issue" in payload else None
                return Changes(comments=(comment,) if comment else ())
            case "merge_request":
                return Changes(items=_read(HookMergeRequest, payload).items())
            case "release" if payload.get("action") != "delete":
                return Changes(items=(_read(HookRelease, payload).item(),))
            case "deployment":
                return Changes(items=(_read(HookDeployment, payload).item(),))
        return Changes()


def _is_signed(delivery: Delivery, secret: str, now: datetime) -> bool:
    """Check "v1," and the Base64 HMAC-SHA256 of "id.timestamp.body", of which there may be several."""
    sent_id, sent_at = (delivery.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
    try:
        key = base64.b64decode(secret.removeprefix(SIGNING_PREFIX), validate=True)
        age_s = abs(now.timestamp() - float(sent_at))
    except (ValueError, binascii.Error):
        return False
    if not key or not sent_id or math.isnan(age_s) or age_s > MOST_AGE.total_seconds():
        return False
    signed = b".".join([sent_id.encode("utf-8", "replace"), sent_at.encode("utf-8", "replace"), delivery.body])
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = delivery.headers.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
    return any(hmac.compare_digest(expected, one) for one in given)


def _read(model: type[Model], payload: Any) -> Model:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise ValueError(f"{model.__name__}: {error.errors()[0]['loc']}") from None
