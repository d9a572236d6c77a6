"""A GitLab on this machine, in a process of its own, made after GitLab's published description.

Every request must be as described (path, parameters, body), and every answer is, too. It keeps projects, issues, notes,
links, uploads and what it is told of merge requests, releases, deployments and approvals. `/rig/...` is for tests: a
new empty project, things that people made in it, and where to send deliveries.
"""

import asyncio
import hashlib
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.rigs.gitlab_description import Description, NotDescribed, Operation
from tests.rigs.gitlab_hooks import deliver, payload
from tests.rigs.gitlab_lists import Refused, filtered, found, page
from tests.rigs.ports import free_port

FIRST_PORT = 24_400
START_TIMEOUT_S = 20.0
US, OTHER = "glpat-liaison", "glpat-bob"
USERS = {
    US: {"id": 2, "username": "liaison", "name": "Liaison", "email": "liaison@example.com"},
    OTHER: {"id": 3, "username": "bob", "name": "Bob", "email": "bob@example.com"},
}
# A line like this in a text is a command to GitLab: https://docs.gitlab.com/user/project/quick_actions
_COMMAND = re.compile(r"^/(close|reopen)\s*$", re.MULTILINE)


@dataclass
class Project:
    """A project and all that is in it."""

    id: int
    path: str
    issues: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    links: set[tuple[str, str]] = field(default_factory=set)
    # What people made elsewhere: merge_requests, events, releases, deployments.
    others: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hook: dict[str, str] = field(default_factory=dict)


class GitLab:
    """The server."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._description = Description()
        self._projects: dict[str, Project] = {}
        self._last_id = 1000
        self._sending: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        methods = ["GET", "POST", "PUT", "DELETE"]
        rig = [Route("/rig/project", self.new_project, methods=["POST"]), Route("/rig/put", self.put, methods=["POST"])]
        return Starlette(routes=[*rig, Route("/{path:path}", self.answer, methods=methods)])

    async def new_project(self, request: Request) -> Response:
        """Make an empty project; the body says where its deliveries go: {"url", "token"}."""
        number = self._next_id()
        path = f"acme/web-{number}"
        self._projects[path] = Project(number, path, hook=await request.json())
        return JSONResponse({"path": path})

    async def put(self, request: Request) -> Response:
        """Put something there that people made: {"project", "kind", "thing"}."""
        wanted = await request.json()
        things = self._projects[wanted["project"]].others.setdefault(wanted["kind"], [])
        things[:] = [one for one in things if one.get("id") != wanted["thing"].get("id")] + [wanted["thing"]]
        return JSONResponse({})

    async def answer(self, request: Request) -> Response:
        """Answer one request, if it is as described."""
        try:
            me = USERS.get(request.headers.get("private-token", ""))
            if me is None:
                raise Refused(401, "401 Unauthorized")
            operation = self._description.find(request.method, request.scope["raw_path"].decode().partition("?")[0])
            return await self._done(request, operation, me)
        except NotDescribed as error:
            return JSONResponse({"error": f"not as described: {error}"}, status_code=400)
        except Refused as error:
            return JSONResponse({"message": str(error)}, status_code=error.status)

    async def _done(self, request: Request, operation: Operation, me: dict[str, Any]) -> Response:
        query = self._description.check_query(operation, request.query_params.multi_items())
        if operation.path.endswith("/uploads"):
            status, answer = 201, self._upload(operation, await request.body(), request.headers["content-type"])
        else:
            content = await request.body()
            body = self._description.check_body(operation, json.loads(content) if content else None)
            status, answer = self._handle(operation, query, body, me)
        headers = {}
        if isinstance(answer, list):
            answer, headers = page(answer, query)
        self._description.check_answer(operation, status, answer)
        return Response(status_code=204) if status == 204 else JSONResponse(answer, status, headers)

    def _handle(self, operation: Operation, query: Any, body: Any, me: dict[str, Any]) -> tuple[int, Any]:
        match operation.method, operation.path.removeprefix("/api/v4/"):
            case "GET", "user":
                return 200, {**self._user(me), "email": me["email"]}
            case "GET", "users":
                return 200, [self._user(one) for one in USERS.values() if one["username"] == query.get("username")]
            case "GET", "personal_access_tokens/self":
                return 200, {"id": 1, "name": "rig", "revoked": False, "scopes": ["api"], "active": True}
        project = self._project(operation.names["id"])
        match operation.method, operation.path.removeprefix("/api/v4/projects/{id}").lstrip("/"):
            case "GET", "":
                return 200, self._described(project)
            case "GET", "members/all":
                return 200, self._members(query.get("query", ""))
            case "GET", "issues":
                return 200, filtered(project.issues, query)
            case "POST", "issues":
                return 201, self._make_issue(project, body, me)
            case "GET", "merge_requests" | "events" | "releases" | "deployments" as kind:
                return 200, filtered(project.others.get(kind, []), query)
        issue = found(project.issues, "iid", operation.names["issue_iid"])
        return self._handle_issue(operation, project, issue, (query, body, me))

    def _handle_issue(
        self, operation: Operation, project: Project, issue: dict[str, Any], given: tuple[Any, Any, dict[str, Any]]
    ) -> tuple[int, Any]:
        query, body, me = given
        notes = [note for note in project.notes if note["noteable_iid"] == issue["iid"]]
        match operation.method, operation.path.partition("{issue_iid}")[2]:
            case "GET", "":
                return 200, issue
            case "PUT", "":
                return 200, self._change_issue(project, issue, body, me)
            case "DELETE", "":
                project.issues.remove(issue)
                return 204, None
            case "POST", "/links":
                return 201, self._link(project, issue, body)
            case "GET", "/notes":
                return 200, filtered(notes, query)
            case "POST", "/notes":
                return 201, self._make_note(project, issue, body["body"], me)
        note = found(notes, "id", operation.names["note_id"])
        if operation.method == "DELETE":
            project.notes.remove(note)
            issue["user_notes_count"] -= 1
            return 204, None
        if operation.method == "PUT":
            note |= {"body": body["body"], "updated_at": _now()}
            issue["updated_at"] = note["updated_at"]
            self._tell(project, "note", note, issue, me)
        return 200, note

    def _make_issue(self, project: Project, body: dict[str, Any], me: dict[str, Any]) -> dict[str, Any]:
        iid, at = len(project.issues) + 1, _now()
        issue = {
            "id": self._next_id(),
            "iid": iid,
            "project_id": project.id,
            "title": body["title"],
            "description": _COMMAND.sub("", body.get("description") or ""),
            "state": "closed" if _COMMAND.search(body.get("description") or "") else "opened",
            "created_at": at,
            "updated_at": at,
            "labels": sorted(body.get("labels") or []),
            "assignees": self._people(body.get("assignee_ids") or []),
            "author": self._user(me),
            "user_notes_count": 0,
            "web_url": f"{self._home}/{project.path}/-/issues/{iid}",
        }
        project.issues.append(issue)
        self._tell(project, "issue", issue, issue, me)
        return issue

    def _change_issue(self, project: Project, issue: dict[str, Any], body: dict[str, Any], me: Any) -> dict[str, Any]:
        if not body:
            raise Refused(400, "at least one parameter must be provided")
        labels = set(body["labels"] or []) if "labels" in body else set(issue["labels"])
        issue["labels"] = sorted((labels | set(body.get("add_labels") or [])) - set(body.get("remove_labels") or []))
        issue |= {name: body[name] for name in ("title", "description") if name in body}
        if "state_event" in body:
            issue["state"] = "closed" if body["state_event"] == "close" else "opened"
        if "assignee_ids" in body:
            issue["assignees"] = self._people(body["assignee_ids"] or [])
        issue["updated_at"] = _now()
        if "title" in body:
            self._add_note(project, issue, f"changed title to **{body['title']}**", me, is_system=True)
        self._tell(project, "issue", issue, issue, me)
        return issue

    def _make_note(self, project: Project, issue: dict[str, Any], text: str, me: dict[str, Any]) -> dict[str, Any]:
        if not text.strip():
            raise Refused(400, "400 Bad request - Note can't be blank")
        if _COMMAND.search(text):
            issue["state"] = "closed"
        note = self._add_note(project, issue, _COMMAND.sub("", text), me)
        issue["user_notes_count"] += 1
        self._tell(project, "note", note, issue, me)
        return note

    def _add_note(
        self, project: Project, issue: dict[str, Any], text: str, me: dict[str, Any], *, is_system: bool = False
    ) -> dict[str, Any]:
        at = _now()
        note = {
            "id": self._next_id(),
            "body": text,
            "author": self._user(me),
            "created_at": at,
            "updated_at": at,
            "system": is_system,
            "noteable_id": issue["id"],
            "noteable_type": "Issue",
            "noteable_iid": issue["iid"],
            "project_id": project.id,
        }
        project.notes.append(note)
        issue["updated_at"] = at
        return note

    def _link(self, project: Project, issue: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        target = found(self._project(body["target_project_id"]).issues, "iid", body["target_issue_iid"])
        ends = (str(issue["iid"]), str(target["iid"]))
        if ends in project.links:
            raise Refused(409, "Issue(s) already assigned")
        project.links.add(ends)
        return {"source_issue": issue, "target_issue": target, "link_type": body.get("link_type") or "relates_to"}

    def _upload(self, operation: Operation, body: bytes, content_type: str) -> dict[str, Any]:
        project = self._project(operation.names["id"])
        form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        parts = form.get_payload()
        if (
            not form.is_multipart()
            or len(parts) != 1
            or parts[0].get_param("name", "", "content-disposition") != "file"
        ):
            raise Refused(400, "file is missing")
        name = parts[0].get_filename("file")
        url = f"/uploads/{hashlib.sha256(body).hexdigest()[:32]}/{name.replace(' ', '_')}"
        full_path = f"/-/project/{project.id}{url}"
        shown = {"alt": name, "url": url, "full_path": full_path, "markdown": f"![{name}]({url})"}
        return {"id": self._next_id(), **shown}

    def _tell(self, project: Project, kind: str, thing: dict[str, Any], issue: dict[str, Any], me: Any) -> None:
        """Deliver a change to the project's hook, signed where its token is a signing token."""
        if not project.hook.get("url"):
            return
        body = json.dumps(payload(kind, thing, issue, self._user(me), self._described(project))).encode()
        task = asyncio.get_running_loop().create_task(deliver(project.hook, kind, body))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _project(self, name: str) -> Project:
        for project in self._projects.values():
            if name in (project.path, str(project.id)):
                return project
        raise Refused(404, "404 Project Not Found")

    def _described(self, project: Project) -> dict[str, Any]:
        name = project.path.rpartition("/")[2]
        return {
            "id": project.id,
            "name": name,
            "path": name,
            "path_with_namespace": project.path,
            "web_url": f"{self._home}/{project.path}",
            "archived": False,
            "issues_access_level": "enabled",
            "permissions": {"project_access": {"access_level": 30}, "group_access": None},
        }

    def _members(self, word: str) -> list[dict[str, Any]]:
        found = [one for one in USERS.values() if word.casefold() in f"{one['name']} {one['email']}".casefold()]
        return [{**self._user(one), "access_level": 30} for one in found]

    def _people(self, ids: list[int]) -> list[dict[str, Any]]:
        return [self._user(one) for one in USERS.values() if one["id"] in ids]

    def _user(self, user: dict[str, Any]) -> dict[str, Any]:
        plain = {name: user[name] for name in ("id", "username", "name")}
        return {**plain, "state": "active", "web_url": f"{self._home}/{user['username']}"}

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def running_gitlab() -> Iterator[str]:
    """Yield the address of a server with no project, which ends with the block."""
    port = free_port(FIRST_PORT)
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-m", "tests.rigs.gitlab_server", str(port)], cwd=root)
    try:
        ends_at = time.monotonic() + START_TIMEOUT_S
        while not _answers(port):
            assert process.poll() is None, "the GitLab rig did not start"
            assert time.monotonic() < ends_at, "the GitLab rig does not answer"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    address = int(sys.argv[1])
    gitlab = GitLab(f"http://127.0.0.1:{address}")
    uvicorn.run(gitlab.app(), host="127.0.0.1", port=address, log_level="warning", access_log=False)
