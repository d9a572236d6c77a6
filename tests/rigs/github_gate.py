"""A gate in front of emulate's GitHub that makes it as particular as the real one.

It refuses unknown tokens, answers with ETags, tells times to the second, says who can be given an issue, and has
deployments: all of which emulate does not.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.rigs.emulate import running_emulate
from tests.rigs.ports import free_port

FIRST_PORT = 24_300
LEFT_OUT = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding"})
MILLISECONDS = re.compile(rb"(\d\dT\d\d:\d\d:\d\d)\.\d+Z")
TOKENS = {"ghp_liaison": "liaison", "ghp_bob": "bob"}
APP = {
    "app_id": 4711,
    "slug": "acme-liaison",
    "name": "Acme Liaison",
    "permissions": {
        "issues": "write",
        "pull_requests": "read",
        "contents": "read",
        "deployments": "read",
        "metadata": "read",
    },
    "installations": [{"installation_id": 815, "account": "acme", "repository_selection": "all"}],
}


@dataclass(frozen=True)
class GitHubServer:
    """A running emulate: `url` is where it is, `gate_port` where the gate in front of it must be."""

    url: str
    gate_port: int


@dataclass
class GitHubGate:
    """The open gate. `seen` are the requests so far; `unchanged` says how often there was a 304."""

    server: GitHubServer
    client: aiohttp.ClientSession
    deployments: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.gate_port}/"

    def count(self, pattern: str) -> int:
        """Count the requests like "GET /user" so far that match."""
        return sum(bool(re.search(pattern, line)) for line in self.seen)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request as GitHub would."""
        self.seen.append(f"{request.method} {request.path_qs}")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in TOKENS and not token.startswith(("ghs_", "ey")):
            return web.json_response({"message": "Bad credentials", "status": "401"}, status=401)
        if request.method == "GET" and (found := re.fullmatch(r"(/repos/[^/]+/[^/]+)/issues/comments", request.path)):
            return self._with_etag(request, await self._comments(found[1], request))
        return self._own(request.path) or await self._passed_on(request)

    def _own(self, path: str) -> web.Response | None:
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/assignees/([^/]+)", path):
            return web.Response(status=204 if found[1] in TOKENS.values() else 404)
        if re.fullmatch(r"/repos/[^/]+/[^/]+/deployments/\d+/statuses", path):
            return web.json_response(self.statuses)
        if re.fullmatch(r"/repos/[^/]+/[^/]+/deployments", path):
            return web.json_response(self.deployments)
        return None

    async def _comments(self, repository: str, request: web.Request) -> web.Response:
        """List the comments of all issues by time of change; emulate takes "comments" for a number of an issue."""
        found: list[dict[str, Any]] = []
        for issue in await self._read(request, f"{repository}/issues?state=all&per_page=100"):
            if issue["comments"]:
                found += await self._read(request, f"{repository}/issues/{issue['number']}/comments?per_page=100")
        changed = [comment for comment in found if comment["updated_at"] >= request.query["since"]]
        return web.json_response(sorted(changed, key=lambda comment: str(comment["updated_at"])))

    async def _read(self, request: web.Request, path: str) -> list[dict[str, Any]]:
        headers = {"Authorization": request.headers["Authorization"]}
        async with self.client.get(self.server.url.rstrip("/") + path, headers=headers) as answer:
            found: list[dict[str, Any]] = json.loads(MILLISECONDS.sub(rb"\1Z", await answer.read()))
            return found

    async def _passed_on(self, request: web.Request) -> web.Response:
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in LEFT_OUT]
        # emulate compares texts, and has milliseconds in its times.
        query = re.sub(r"(since=[^&]+)Z", r"\1.000Z", request.path_qs)
        async with self.client.request(
            request.method, self.server.url.rstrip("/") + query, headers=headers, data=await request.read()
        ) as answer:
            body = MILLISECONDS.sub(rb"\1Z", await answer.read())
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in LEFT_OUT]
            return self._with_etag(request, web.Response(status=answer.status, headers=kept, body=body))

    def _with_etag(self, request: web.Request, whole: web.Response) -> web.Response:
        if request.method != "GET" or whole.status != 200:
            return whole
        etag = f'W/"{hashlib.sha256(bytes(whole.body or b"")).hexdigest()}"'  # type: ignore[arg-type] # always bytes
        if request.headers.get("If-None-Match") == etag:
            self.unchanged += 1
            return web.Response(status=304, headers={"ETag": etag})
        whole.headers["ETag"] = etag
        return whole


@contextmanager
def running_github(private_key: str) -> Iterator[GitHubServer]:
    """Yield a GitHub with an organisation acme, two people and an App with this key; it ends with the block."""
    port = free_port(FIRST_PORT)
    tokens = {token: {"login": login, "scopes": ["repo", "user"]} for token, login in TOKENS.items()}
    people = [{"login": login, "name": login.title(), "email": f"{login}@example.com"} for login in TOKENS.values()]
    members = [{"login": login, "role": "admin"} for login in TOKENS.values()]
    github = {
        "users": people,
        "orgs": [{"login": "acme", "members": members}],
        "apps": [{**APP, "private_key": private_key}],
    }
    with running_emulate(["github"], {"tokens": tokens, "github": github}, f"http://127.0.0.1:{port}") as emulate:
        yield GitHubServer(emulate.urls["github"], port)


@asynccontextmanager
async def open_gate(server: GitHubServer) -> AsyncIterator[GitHubGate]:
    """Yield the gate, which is closed with the block."""
    async with aiohttp.ClientSession(auto_decompress=True) as client:
        gate = GitHubGate(server, client)
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", gate.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", server.gate_port, reuse_address=True).start()
        try:
            yield gate
        finally:
            await runner.cleanup()
