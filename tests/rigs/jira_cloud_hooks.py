"""The Jira Cloud rig's deliveries, signed as Jira signs those of a webhook with a secret."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

from integrations.markup import adf, wiki

Thing = Mapping[str, Any]


def payload(event: str, issue: Thing, comment: Thing | None, user: Thing) -> dict[str, Any]:
    """Say what happened. Texts are wiki notation there, not trees; of a comment's issue only few fields come along."""
    fields = issue["fields"]
    whole = {**fields, "description": _notation(fields["description"])}
    few = {name: fields[name] for name in ("summary", "project", "assignee", "status")}
    told: dict[str, Any] = {"timestamp": int(time.time() * 1000), "webhookEvent": event}
    told["issue"] = {name: issue[name] for name in ("id", "key", "self")} | {"fields": few if comment else whole}
    if comment:
        return {**told, "comment": {**comment, "body": _notation(comment["body"])}}
    return {**told, "user": user, "issue_event_type_name": event.removeprefix("jira:")}


def _notation(text: Any) -> str | None:
    return None if text is None else wiki.write(adf.read(text), lambda account: f"[~accountid:{account}]")


async def deliver(hook: Mapping[str, str], told: Thing) -> None:
    """Send a delivery, once."""
    body = json.dumps(told).encode()
    signature = hmac.new(hook["secret"].encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Hub-Signature": f"sha256={signature}",
        "X-Atlassian-Webhook-Identifier": uuid.uuid4().hex,
        "X-Atlassian-Webhook-Flow": "Primary",
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(hook["url"], content=body, headers=headers)
