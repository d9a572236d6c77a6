"""A Jira Cloud on this machine, in a process of its own, made after Atlassian's published description.

Every request must be as described (path, parameters, body; texts by the schema of Atlassian's documents), and every
answer is, too. It keeps projects, issues and comments, and knows the few forms of JQL that Liaison asks with.
`POST /rig/project` makes an empty project: {"workflow": "simple" | "classic" | "narrow", "lag_s": how far the search
is behind, "hook": {"url", "secret"}}.
"""

import asyncio
import base64
import binascii
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.rigs.answering import answers
from tests.rigs.jira_cloud_answers import Answers, Asked
from tests.rigs.jira_cloud_hooks import deliver, payload
from tests.rigs.jira_cloud_site import PEOPLE, WORKFLOWS, Project, Refused, Site
from tests.rigs.jira_description import Description, NotDescribed
from tests.rigs.jira_queries import NotUnderstood
from tests.rigs.ports import free_port

FIRST_PORT = 24_800
START_TIMEOUT_S = 20.0


class JiraCloud:
    """The server."""

    def __init__(self, home: str) -> None:
        self._description = Description()
        self._site = Site(home)
        self._answers = Answers(self._site, self._description, self._tell)
        self._sending: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        rig = Route("/rig/project", self.new_project, methods=["POST"])
        return Starlette(routes=[rig, Route("/{path:path}", self.answer, methods=methods)])

    async def new_project(self, request: Request) -> Response:
        """Make an empty project."""
        wanted = await request.json()
        number = int(self._site.next_id())
        workflow, lag = WORKFLOWS[wanted.get("workflow", "classic")], timedelta(seconds=wanted.get("lag_s", 0))
        project = Project(number, f"PAY{number}", workflow, lag, wanted.get("hook", {}))
        self._site.projects[project.key] = project
        return JSONResponse({"key": project.key})

    async def answer(self, request: Request) -> Response:
        """Answer one request, if it is as described."""
        me = _signed_in(request.headers.get("authorization", ""))
        if me is None:
            text = "Client must be authenticated to access this resource."
            return PlainTextResponse(text, 401, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})
        try:
            return await self._done(request, me)
        except (NotDescribed, NotUnderstood) as error:
            return JSONResponse({"errorMessages": [f"not as described: {error}"], "errors": {}}, 400)
        except Refused as error:
            messages = [str(error)] if str(error) else []
            return JSONResponse({"errorMessages": messages, "errors": error.fields}, error.status)

    async def _done(self, request: Request, me: str) -> Response:
        operation = self._description.find(request.method, request.scope["raw_path"].decode().partition("?")[0])
        query = self._description.check_query(operation, request.query_params.multi_items())
        content, body = await request.body(), None
        if operation.id != "addAttachment":
            body = json.loads(content) if content else None
            # Its words say that null takes an issue from everybody; its schema does not.
            if (operation.id, body) != ("assignIssue", {"accountId": None}):
                self._description.check_body(operation, body)
        status, answer = self._answers.answer(Asked(operation, query, body, content, dict(request.headers), me))
        if status == 204:
            return Response(status_code=204)
        self._description.check_answer(operation, status, answer)
        return JSONResponse(answer, status)

    def _tell(self, event: str, issue: dict[str, Any], comment: dict[str, Any] | None, me: str) -> None:
        """Deliver a change to the project's hook."""
        hook = self._site.project_of(issue).hook
        if hook:
            told = payload(event, issue, comment, self._site.person(me))
            task = asyncio.get_running_loop().create_task(deliver(hook, told))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)


def _signed_in(authorization: str) -> str | None:
    """Give the account that signed in with its address and token."""
    try:
        email, _, token = base64.b64decode(authorization.removeprefix("Basic "), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    known = PEOPLE.get((email, token))
    return known["accountId"] if known and authorization.startswith("Basic ") else None


@contextmanager
def running_jira_cloud() -> Iterator[str]:
    """Yield the address of a server with no project, which ends with the block."""
    port = free_port(FIRST_PORT)
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-m", "tests.rigs.jira_cloud_server", str(port)], cwd=root)
    try:
        ends_at = time.monotonic() + START_TIMEOUT_S
        while not answers(port):
            assert process.poll() is None, "the Jira Cloud rig did not start"
            assert time.monotonic() < ends_at, "the Jira Cloud rig does not answer"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    address = int(sys.argv[1])
    jira = JiraCloud(f"http://127.0.0.1:{address}")
    uvicorn.run(jira.app(), host="127.0.0.1", port=address, log_level="warning", access_log=False)
