"""The GitLab rig's deliveries, in both of GitLab's ways to prove where they are from."""

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

Thing = Mapping[str, Any]


def payload(kind: str, thing: Thing, issue: Thing, user: Thing, project: Thing) -> dict[str, Any]:
    """Say what happened to an issue, or to a note on it, as GitLab does."""
    labels = [{"id": 1, "title": label} for label in issue["labels"]]
    told = {"object_kind": kind, "event_type": kind, "user": user, "project": project}
    if kind == "issue":
        plain = ("id", "iid", "title", "description", "state", "created_at", "updated_at")
        attributes = {**{name: issue[name] for name in plain}, "url": issue["web_url"], "labels": labels}
        told["assignees"] = issue["assignees"]
    else:
        plain = ("id", "noteable_type", "noteable_id", "system", "created_at", "updated_at")
        attributes = {**{name: thing[name] for name in plain}, "note": thing["body"]}
        attributes["url"] = f"{issue['web_url']}#note_{thing['id']}"
        told["issue"] = {"id": issue["id"], "iid": issue["iid"], "title": issue["title"], "state": issue["state"]}
    told["object_attributes"] = {**attributes, "author_id": thing["author"]["id"]}
    return told


async def deliver(hook: dict[str, str], kind: str, body: bytes) -> None:
    """Send a delivery, once."""
    sent_id, sent_at = str(uuid.uuid4()), str(int(time.time()))
    headers = {"Content-Type": "application/json", "X-Gitlab-Event": f"{kind.title()} Hook", "Idempotency-Key": sent_id}
    token = hook["token"]
    if token.startswith("whsec_"):
        signed = b".".join([sent_id.encode(), sent_at.encode(), body])
        digest = hmac.new(base64.b64decode(token.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        headers |= {"webhook-id": sent_id, "webhook-timestamp": sent_at}
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    else:
        headers["X-Gitlab-Token"] = token
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(hook["url"], content=body, headers=headers)
