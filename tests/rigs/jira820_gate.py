"""A gate in front of jira820 that makes it as particular as the real Jira Data Center.

It wants a token and so tells people apart, keeps who wrote what and when to the millisecond, finds issues by their
number, adds and removes single labels, orders and pages what JQL finds, says that a project is not there, knows
permissions and who can be given an issue, and lets no form in that a browser might have been tricked into sending:
all of which jira820 does not. Issues, texts, comments, transitions, links and files are its own.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from tests.rigs.jira820 import PROJECT
from tests.rigs.jira_queries import NotUnderstood, found, project_of, written
from tests.rigs.ports import free_port

FIRST_PORT = 25_000
TOKENS = {"pat-liaison": "liaison", "pat-bob": "bob"}
_API = "/rest/api/2/"
_SENT_ON = ("content-type",)


class Refused(Exception):
    """A refusal in Jira's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Jira820Gate:
    """The open gate; it knows by id or key what jira820 does not keep."""

    server: str
    port: int
    client: aiohttp.ClientSession
    keys: dict[str, str] = field(default_factory=dict)
    issues: dict[str, dict[str, str]] = field(default_factory=dict)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def empty(self) -> None:
        """Take all issues out of the project."""
        for issue in await self._all():
            await self._ask("DELETE", f"issue/{issue['key']}")

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request as Jira would."""
        me = TOKENS.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if me is None:
            return web.Response(status=401, text="Basic Authentication Failure - Reason : AUTHENTICATED_FAILED")
        try:
            status, answer = await self._answer(request, me)
        except (Refused, NotUnderstood) as error:
            refused = {"errorMessages": [str(error)], "errors": {}}
            return web.json_response(refused, status=getattr(error, "status", 400))
        return web.Response(status=204) if status == 204 else web.json_response(answer, status=status)

    async def _answer(self, request: web.Request, me: str) -> tuple[int, Any]:
        path = request.path.removeprefix(_API)
        body = await request.json() if request.content_type == "application/json" and request.can_read_body else {}
        match request.method, path.split("/"):
            case "GET", ["myself"]:
                return 200, _person(me)
            case "GET", ["mypermissions"]:
                return 200, {"permissions": {"BROWSE_PROJECTS": {"key": "BROWSE_PROJECTS", "havePermission": True}}}
            case "GET", ["project", name] if name != PROJECT:
                raise Refused(404, f"No project could be found with key '{name}'.")
            case "GET", ["user", "assignable", "search"]:
                word = request.query.get("username", "").casefold()
                known = [_person(name) for name in TOKENS.values()]
                return 200, [one for one in known if word in f"{one['name']} {one['emailAddress']}".casefold()]
            case "POST", ["search"]:
                return 200, await self._search(body, me)
            case "POST", ["issue"]:
                return 201, await self._create(body, me)
            case _, ["issue", name, *rest]:
                return await self._about_issue(request, self._key(name), rest, (body, me))
        return await self._ask(request.method, path, request.query, body)

    async def _about_issue(
        self, request: web.Request, key: str, rest: list[str], given: tuple[Mapping[str, Any], str]
    ) -> tuple[int, Any]:
        body, me = given
        path = "/".join(["issue", key, *rest])
        match request.method, rest:
            case "GET", []:
                status, issue = await self._ask("GET", path)
                return status, self._shown(issue, request.query.get("fields", "*all").split(","))
            case "PUT", []:
                body = {"fields": {**body.get("fields", {}), **await self._labels(path, body.get("update", {}))}}
            case "POST", ["attachments"]:
                return await self._attach(request, path)
            case "PUT" | "DELETE", ["comment", number]:
                self._require_own(number, me)
        status, answer = await self._ask(request.method, path, request.query, body)
        if request.method != "GET":
            self.issues[key]["updated"] = written(datetime.now(UTC))
        return status, self._with_comments(key, answer, request.method, me) if rest[:1] == ["comment"] else answer

    async def _create(self, body: Mapping[str, Any], me: str) -> Any:
        if body["fields"].get("project", {}).get("key") != PROJECT:
            raise Refused(400, "project: valid project is required")
        _, made = await self._ask("POST", "issue", body={"fields": {**body["fields"], "reporter": {"name": me}}})
        at = written(datetime.now(UTC))
        self.keys[made["id"]] = made["key"]
        self.issues[made["key"]] = {"created": at, "updated": at}
        return made

    async def _search(self, wanted: Mapping[str, Any], me: str) -> dict[str, Any]:
        if project_of(wanted["jql"]) != PROJECT:
            raise Refused(400, "The value does not exist for the field 'project'.")
        matching = found(wanted["jql"], await self._all(), {"name": me}, datetime.now(UTC))
        start, most = wanted.get("startAt", 0), min(wanted.get("maxResults", 50), 1000)
        page = [self._shown(issue, wanted.get("fields", ["*all"])) for issue in matching[start : start + most]]
        return {"startAt": start, "maxResults": most, "total": len(matching), "issues": page}

    async def _all(self) -> list[dict[str, Any]]:
        query = {"jql": f"project = {PROJECT}", "maxResults": "100000"}
        _, answer = await self._ask("GET", "search", query)
        return [self._shown(issue, ["*all"]) for issue in answer["issues"]]

    async def _labels(self, path: str, update: Mapping[str, Any]) -> dict[str, list[str]]:
        """Put labels on and take them off one by one, which jira820 cannot do."""
        if not update:
            return {}
        _, issue = await self._ask("GET", path)
        labels = list(issue["fields"]["labels"])
        for step in update["labels"]:
            labels = [label for label in labels if label not in step.values()] + (
                [step["add"]] if "add" in step else []
            )
        if any(re.search(r"\s", label) for label in labels):
            raise Refused(400, "labels: The label contains spaces which is invalid.")
        return {"labels": labels}

    async def _attach(self, request: web.Request, path: str) -> tuple[int, Any]:
        if request.headers.get("X-Atlassian-Token") != "no-check":
            raise Refused(403, "XSRF check failed")
        headers = {"Content-Type": request.headers["Content-Type"]}
        content = await request.read()
        async with self.client.post(f"{self.server}{_API}{path}", data=content, headers=headers) as answer:
            return answer.status, await answer.json()

    def _require_own(self, number: str, me: str) -> None:
        if self.comments.get(number, {}).get("author", {}).get("name", me) != me:
            raise Refused(403, "You do not have the permission to edit or delete this comment.")

    def _with_comments(self, key: str, answer: Any, method: str, me: str) -> Any:
        """Give comments with their writers and times; what is written now is noted."""
        if method == "GET" and "comments" in answer:
            return {**answer, "comments": [{**one, **self.comments.get(one["id"], {})} for one in answer["comments"]]}
        if isinstance(answer, dict) and "id" in answer:
            at = self.issues[key]["updated"]
            known = self.comments.setdefault(answer["id"], {"author": _person(me), "created": at})
            known |= {"updated": at} if method != "GET" else {}
            return {**answer, **known}
        return answer

    def _shown(self, issue: dict[str, Any], fields: list[str]) -> dict[str, Any]:
        every = {**issue["fields"], **self.issues.get(issue["key"], {})}
        return {**issue, "fields": {name: one for name, one in every.items() if name in fields or "*all" in fields}}

    def _key(self, name: str) -> str:
        key = self.keys.get(name, name)
        if key not in self.issues:
            raise Refused(404, "Issue Does Not Exist")
        return key

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> tuple[int, Any]:
        """Ask jira820; what it refuses is refused."""
        url = f"{self.server}{_API}{path}"
        async with self.client.request(method, url, params=query, json=body or None) as answer:
            text = await answer.text()
            if not answer.ok:
                raise Refused(answer.status, "; ".join(json.loads(text).get("errorMessages", [])))
            return answer.status, json.loads(text) if text else None


def _person(name: str) -> dict[str, Any]:
    shown = {"displayName": name.title(), "emailAddress": f"{name}@example.com", "active": True, "timeZone": "GMT"}
    return {"key": f"JIRAUSER{len(name)}", "name": name, **shown}


@asynccontextmanager
async def open_gate(server: str) -> AsyncIterator[Jira820Gate]:
    """Yield the gate before an empty project; it is closed with the block."""
    async with aiohttp.ClientSession() as client:
        gate = Jira820Gate(server, free_port(FIRST_PORT), client)
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", gate.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", gate.port, reuse_address=True).start()
        try:
            await gate.empty()
            yield gate
        finally:
            await runner.cleanup()
