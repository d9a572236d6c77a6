"""Linear on this machine: its published schema in front of the emulator, which keeps what is there.

The emulator wants filters that the real Linear refuses, and takes no ids from its callers. Here every document is
checked against the published schema and then answered from what the emulator has; what is changed is changed there.
Like the real one this tells a webhook of every change. How the real one refuses an id that is taken is not published:
here it is invalid input.
"""

import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from graphql import GraphQLError, GraphQLSchema, build_schema, graphql, parse, validate

from tests.rigs.linear_filters import page

SCHEMA = Path(__file__).parents[1] / "integrations" / "trackers" / "linear_schema.graphql"
TEAM = {"id": "0b3c1a52-6a0e-4b0a-9d4f-3c1f5a1e7c01", "key": "WEB", "name": "Web"}
STATES = (
    *("Backlog:backlog", "Todo:unstarted", "In Progress:started", "In Review:started"),
    *("Done:completed", "Canceled:canceled"),
)
US, OTHER = "lin_api_liaison", "lin_api_bob"
USERS = {US: ("liaison@example.com", "Liaison"), OTHER: ("bob@example.com", "Bob")}
SEED: Mapping[str, Any] = {
    "linear": {
        "users": [{"email": email, "name": name, "admin": True} for email, name in USERS.values()],
        "teams": [{**TEAM, "states": [dict(zip(("name", "type"), one.split(":"), strict=True)) for one in STATES]}],
        "tokens": [
            {"token": token, "type": "personal", "user": email, "scopes": ["read", "write", "admin"]}
            for token, (email, _) in USERS.items()
        ],
    }
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USER = "id name displayName email active isMe"
_EVERYTHING = f"""{{
  viewer {{ {_USER} }}
  users(first: 9999) {{ nodes {{ {_USER} createdAt }} }}
  teams(first: 99) {{ nodes {{
    id key name createdAt states(first: 99) {{ nodes {{ id name type position createdAt }} }}
  }} }}
  issueLabels(first: 9999) {{ nodes {{ id name createdAt team {{ id key }} }} }}
  issues(first: 9999) {{ nodes {{
    id identifier title description url createdAt updatedAt state {{ id name type }} team {{ id key name }}
    creator {{ {_USER} }} assignee {{ {_USER} }} labels(first: 99) {{ nodes {{ id name }} }}
  }} }}
  comments(first: 9999) {{ nodes {{ id body createdAt updatedAt user {{ {_USER} }} issue {{ id }} }} }}
}}"""


@dataclass
class LinearFront:
    """A running server. With a `webhook` (address and secret) every change is told there."""

    emulator: str
    client: aiohttp.ClientSession
    schema: GraphQLSchema
    url: str = ""
    webhook: tuple[str, str] | None = None
    requests: int = 0
    _chosen: dict[str, str] = field(default_factory=dict)
    _relations: list[dict[str, str]] = field(default_factory=list)

    async def empty(self) -> None:
        """Delete every issue, as the start of a test."""
        for issue in (await self.forward(US, "{ issues(first: 9999) { nodes { id } } }"))["issues"]["nodes"]:
            await self.forward(US, "mutation ($id: String!) { issueDelete(id: $id) { success } }", id=issue["id"])
        self.webhook = None

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one document."""
        self.requests += 1
        token = request.headers.get("Authorization", "")
        if token not in USERS:
            return _errors(401, "Authentication required", "authentication error", "AUTHENTICATION_ERROR")
        asked = await request.json()
        wrong = validate(self.schema, parse(asked["query"]))
        if wrong:
            return _errors(400, wrong[0].message, "graphql error", "GRAPHQL_VALIDATION_FAILED")
        result = await graphql(
            self.schema, asked["query"], Answers(self, token).root(), variable_values=asked.get("variables")
        )
        return web.json_response(result.formatted)

    async def everything(self, token: str) -> dict[str, Any]:
        """Give all that there is, with the ids that callers chose, in Linear's own form."""
        found = await self.forward(token, _EVERYTHING)
        chosen = {own: chosen for chosen, own in self._chosen.items()}
        return _completed(json.loads(_renamed(json.dumps(found), chosen)), self._relations)

    def choose(self, chosen: str | None, own: str) -> str:
        """Keep the id that a caller chose; return the one that callers know it by."""
        if chosen:
            self._chosen[chosen] = own
        return chosen or own

    def relate(self, relation: dict[str, str]) -> None:
        self._relations.append(relation)

    async def forward(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        """Ask the emulator, by its own ids."""
        text = _renamed(json.dumps({"query": document, "variables": variables}), self._chosen)
        headers = {"Authorization": token, "Content-Type": "application/json"}
        async with self.client.post(f"{self.emulator}graphql", data=text, headers=headers) as response:
            answer = await response.json()
        if answer.get("errors"):
            raise invalid(str(answer["errors"][0]["message"]))
        return answer["data"]

    async def tell(self, kind: str, action: str, content: Mapping[str, Any]) -> None:
        """Deliver a change to the webhook, signed."""
        if self.webhook is None:
            return
        sent_at = int(time.time() * 1000)
        told = {"action": action, "type": kind, "data": content, "url": content["url"], "webhookTimestamp": sent_at}
        body = json.dumps(told).encode()
        address, secret = self.webhook
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Linear-Signature": signature,
            "Linear-Delivery": str(uuid.uuid4()),
            "Content-Type": "application/json",
        }
        async with self.client.post(address, data=body, headers=headers):
            pass


class Answers:
    """Answers the fields of a caller's queries and mutations."""

    def __init__(self, front: LinearFront, token: str) -> None:
        self._front = front
        self._token = token

    def root(self) -> dict[str, Any]:
        lists = {name: partial(self._page, name) for name in ("users", "teams", "issueLabels", "issues", "comments")}
        return {
            **lists,
            "viewer": self._viewer,
            "issue": self._issue,
            "issueCreate": self._create_issue,
            "issueUpdate": self._update_issue,
            "issueLabelCreate": self._create_label,
            "issueRelationCreate": self._relate,
            "commentCreate": self._create_comment,
            "commentUpdate": self._update_comment,
            "commentDelete": self._delete_comment,
        }

    async def _page(self, name, _info, **arguments):
        return page((await self._everything())[name], arguments)

    async def _viewer(self, _info):
        return (await self._everything())["viewer"]

    async def _issue(self, _info, **arguments):
        return await self._one("issues", arguments["id"])

    async def _create_issue(self, _info, **arguments):
        wanted = arguments["input"]
        chosen = await self._free_id("issues", wanted.pop("id", None))
        made = await self._change("issueCreate(input: $input) { issue { id } }", "IssueCreateInput", wanted)
        return await self._issue_told("create", self._front.choose(chosen, made["issueCreate"]["issue"]["id"]))

    async def _update_issue(self, _info, **arguments):
        issue, wanted = await self._one("issues", arguments["id"]), arguments["input"]
        added, removed = wanted.pop("addedLabelIds", []), wanted.pop("removedLabelIds", [])
        kept = [label["id"] for label in issue["labels"]["nodes"] if label["id"] not in removed]
        wanted["labelIds"] = [*kept, *(one for one in added if one not in kept)]
        await self._change("issueUpdate(id: $id, input: $input) { success }", "IssueUpdateInput", wanted, issue["id"])
        return await self._issue_told("update", issue["id"])

    async def _create_label(self, _info, **arguments):
        field = "issueLabelCreate(input: $input) { issueLabel { id name } }"
        return (await self._change(field, "IssueLabelCreateInput", arguments["input"]))["issueLabelCreate"]

    async def _relate(self, _info, **arguments):
        wanted = arguments["input"]
        ends = [await self._one("issues", wanted[name]) for name in ("issueId", "relatedIssueId")]
        self._front.relate({"from": ends[0]["id"], "to": ends[1]["id"], "type": wanted["type"]})
        return {"success": True}

    async def _create_comment(self, _info, **arguments):
        wanted = arguments["input"]
        chosen = await self._free_id("comments", wanted.pop("id", None))
        made = await self._change("commentCreate(input: $input) { comment { id } }", "CommentCreateInput", wanted)
        return await self._comment_told("create", self._front.choose(chosen, made["commentCreate"]["comment"]["id"]))

    async def _update_comment(self, _info, **arguments):
        comment = await self._one("comments", arguments["id"])
        field = "commentUpdate(id: $id, input: $input) { success }"
        await self._change(field, "CommentUpdateInput", arguments["input"], comment["id"])
        return await self._comment_told("update", comment["id"])

    async def _delete_comment(self, _info, **arguments):
        comment = await self._one("comments", arguments["id"])
        await self._front.forward(
            self._token, "mutation ($id: String!) { commentDelete(id: $id) { success } }", id=comment["id"]
        )
        await self._front.tell("Comment", "remove", _hook_comment(comment))
        return {"success": True}

    async def _issue_told(self, action: str, external_id: str) -> dict[str, Any]:
        issue = await self._one("issues", external_id)
        await self._front.tell("Issue", action, _hook_issue(issue))
        return {"issue": issue}

    async def _comment_told(self, action: str, external_id: str) -> dict[str, Any]:
        comment = await self._one("comments", external_id)
        await self._front.tell("Comment", action, _hook_comment(comment))
        return {"comment": comment}

    async def _change(self, field: str, kind: str, wanted: dict[str, Any], external_id: str = "") -> dict[str, Any]:
        variables = "$input: " + kind + "!" + (", $id: String!" if external_id else "")
        more = {"id": external_id} if external_id else {}
        return await self._front.forward(self._token, f"mutation ({variables}) {{ {field} }}", input=wanted, **more)

    async def _everything(self) -> dict[str, Any]:
        return await self._front.everything(self._token)

    async def _one(self, name: str, wanted: str) -> dict[str, Any]:
        for node in (await self._everything())[name]:
            if wanted in (node["id"], node.get("identifier")):
                return node
        raise invalid(f"Entity not found: {name.removesuffix('s').title()}")

    async def _free_id(self, name: str, chosen: str | None) -> str | None:
        if chosen and any(node["id"] == chosen for node in (await self._everything())[name]):
            raise invalid(f"{name.removesuffix('s').title()} with this id exists already")
        return chosen


def invalid(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": "invalid input", "code": "INPUT_ERROR", "userError": True})


def _errors(status: int, message: str, kind: str, code: str) -> web.Response:
    error = {"message": message, "extensions": {"type": kind, "code": code, "userError": True}}
    return web.json_response({"errors": [error]}, status=status)


def _completed(found: dict[str, Any], relations: list[dict[str, str]]) -> dict[str, Any]:
    """Add what the emulator does not keep, and put each comment's issue into it."""
    whole = {name: part.get("nodes", part) for name, part in found.items()}
    for user in _users(found):
        user["url"] = f"https://linear.app/acme/profiles/{user['displayName'].lower()}"
    issues = {issue["id"]: issue for issue in whole["issues"]}
    for issue in issues.values():
        issue["url"] = f"https://linear.app/acme/issue/{issue['identifier']}/{issue['id'][:8]}"
        near = [one for one in relations if one["from"] == issue["id"] and one["to"] in issues]
        issue["relations"] = {"nodes": [{"type": one["type"], "relatedIssue": {"id": one["to"]}} for one in near]}
    for comment in whole["comments"]:
        comment["issue"] = issues[comment["issue"]["id"]]
        comment["url"] = f"{comment['issue']['url']}#comment-{comment['id'][:8]}"
    for team in whole["teams"]:
        team["issueCount"] = sum(issue["team"]["id"] == team["id"] for issue in whole["issues"])
    for label in whole["issueLabels"]:
        label["isGroup"] = False
    return whole


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return _UUID.sub(lambda found: names.get(found[0], found[0]), text)


def _users(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "displayName" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _users(inner)


def _hook_issue(issue: Mapping[str, Any]) -> dict[str, Any]:
    plain = ("id", "identifier", "title", "description", "url", "createdAt", "updatedAt", "state", "team")
    return {
        **{name: issue[name] for name in plain},
        "creatorId": issue["creator"]["id"],
        "assignee": issue["assignee"],
        "assigneeId": issue["assignee"] and issue["assignee"]["id"],
        "labels": issue["labels"]["nodes"],
        "labelIds": [label["id"] for label in issue["labels"]["nodes"]],
    }


def _hook_comment(comment: Mapping[str, Any]) -> dict[str, Any]:
    issue = {name: comment["issue"][name] for name in ("id", "identifier", "title", "url", "team")}
    plain = {name: comment[name] for name in ("id", "body", "url", "createdAt", "updatedAt", "user")}
    return {**plain, "userId": comment["user"]["id"], "issueId": issue["id"], "issue": issue}


@asynccontextmanager
async def running_linear(emulator: str) -> AsyncIterator[LinearFront]:
    """Yield Linear in front of an emulator's address, with no issue in it; it ends with the block."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        front = LinearFront(emulator, client, build_schema(SCHEMA.read_text()))
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/graphql", front.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}/graphql"
        await front.empty()
        try:
            yield front
        finally:
            await runner.cleanup()
