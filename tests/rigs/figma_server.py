"""A Figma on this machine, in the process of the test, made after Figma's published description.

It keeps files with pages, sections, frames, comments and dev resources. People act by its methods; what is asked over
HTTP is answered as described, and what the description does not have is refused.

https://developers.figma.com/docs/rest-api
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

TOKEN = "figd_liaison"
DESIGNER, ENGINEER = "Ana", "Bo"
READY, NONE, COMPLETED = "READY_FOR_DEV", "NONE", "COMPLETED"
# The parameters that the description has of each address, as far as they are used.
_PARAMETERS = {"": {"ids", "depth"}, "nodes": {"ids", "depth"}, "comments": {"as_md"}, "dev_resources": {"node_ids"}}


@dataclass
class Node:
    """A page, a section or a frame."""

    id: str
    name: str
    type: str
    status: str = ""
    children: list["Node"] = field(default_factory=list)

    def described(self, depth: int) -> dict[str, Any]:
        """Give the node as it is answered, down to a depth; -1 is all."""
        told: dict[str, Any] = {"id": self.id, "name": self.name, "type": self.type}
        if self.status:
            told["devStatus"] = {"type": self.status}
        if depth != 0:
            told["children"] = [child.described(depth - 1) for child in self.children]
        return told

    def find(self, name: str) -> "Node | None":
        if name in {self.name, self.id}:
            return self
        return next((found for child in self.children if (found := child.find(name))), None)


@dataclass
class File:
    """A file and all that people did in it."""

    key: str
    name: str
    root: Node = field(default_factory=lambda: Node("0:0", "Document", "DOCUMENT"))
    comments: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    version: int = 1
    touched_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Figma:
    """The server. `asked` are the paths that were asked for; with a `broken` status it answers nothing else."""

    files: dict[str, File] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: int | None = None
    url: str = ""
    last_id: int = 1

    def make_file(self, key: str, name: str) -> File:
        """Make an empty file."""
        self.files[key] = File(key, name)
        return self.files[key]

    def draw(self, file: File, page: str, name: str, *, section: str = "", status: str = "") -> str:
        """Draw a frame on a page, or in a section of it; return its id."""
        parent = self._within(file.root, page, "CANVAS")
        if section:
            parent = self._within(parent, section, "SECTION")
        frame = Node(self._next_id(), name, "FRAME", status)
        frame.children.append(Node(self._next_id(), "A text", "TEXT"))
        parent.children.append(frame)
        self._touch(file)
        return frame.id

    def mark(self, file: File, name: str, status: str, *, is_touched: bool = True) -> None:
        """Give a frame another status."""
        frame = file.root.find(name)
        assert frame is not None
        frame.status = status
        if is_touched:
            self._touch(file)

    def say(self, file: File, by: str, text: str, *, at: datetime, node_id: str = "", parent: str = "") -> str:
        """Write a comment, or a reply to one; return its id."""
        comment_id = str(1000 + len(file.comments))
        pin: dict[str, Any] = {"node_id": node_id, "node_offset": {"x": 1, "y": 2}} if node_id else {"x": 1, "y": 2}
        comment = {
            "id": comment_id,
            "file_key": file.key,
            "parent_id": parent,
            "user": {"id": f"u-{by.lower()}", "handle": by, "img_url": "https://example.com/one.png"},
            "created_at": _time(at),
            "resolved_at": None,
            "message": text,
            "order_id": None if parent else str(len(file.comments) + 1),
            "client_meta": pin,
            "reactions": [],
        }
        file.comments.append(comment)
        return comment_id

    def resolve(self, file: File, comment_id: str) -> None:
        """Resolve a comment."""
        comment = next(one for one in file.comments if one["id"] == comment_id)
        comment["resolved_at"] = _time(datetime.now(UTC))

    def link(self, file: File, node_id: str, url: str) -> None:
        """Put a link to a frame, which is no change of the file."""
        resource = {"id": self._next_id(), "name": "Issue", "url": url, "file_key": file.key, "node_id": node_id}
        file.resources.append(resource)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request."""
        self.asked.append(request.path)
        if self.broken is not None:
            return _refusal(self.broken, "Something went wrong")
        if request.headers.get("X-Figma-Token") != TOKEN:
            return _refusal(403, "Invalid token")
        file = self.files.get(request.match_info["key"])
        if file is None:
            return _refusal(404, "Not found")
        what = request.match_info.get("what", "")
        unknown = set(request.query) - _PARAMETERS.get(what, set())
        if unknown:
            return _refusal(400, f"no such parameter: {', '.join(sorted(unknown))}")
        return self._answer(file, what, request.query)

    def _answer(self, file: File, what: str, query: Any) -> web.Response:
        depth = int(query.get("depth", -1))
        match what:
            case "":
                return web.json_response({**_outline(file), "document": file.root.described(depth)})
            case "meta":
                return web.json_response(_meta(file))
            case "comments":
                return web.json_response({"comments": file.comments})
            case "dev_resources":
                return web.json_response({"dev_resources": file.resources})
            case "nodes":
                found = {one: file.root.find(one) for one in query["ids"].split(",")}
                nodes = {one: node and {"document": node.described(depth)} for one, node in found.items()}
                return web.json_response({**_outline(file), "nodes": nodes})
        return _refusal(404, "Not found")

    def _within(self, parent: Node, name: str, kind: str) -> Node:
        known = next((child for child in parent.children if child.name == name), None)
        if known is None:
            known = Node(self._next_id(), name, kind)
            parent.children.append(known)
        return known

    def _touch(self, file: File) -> None:
        file.version += 1
        file.touched_at = datetime.now(UTC)

    def _next_id(self) -> str:
        self.last_id += 1
        return f"1:{self.last_id}"


def _outline(file: File) -> dict[str, Any]:
    return {
        "name": file.name,
        "role": "viewer",
        "lastModified": _time(file.touched_at),
        "editorType": "figma",
        "version": str(file.version),
        "components": {},
        "componentSets": {},
        "schemaVersion": 0,
        "styles": {},
    }


def _meta(file: File) -> dict[str, Any]:
    return {
        "name": file.name,
        "last_touched_at": _time(file.touched_at),
        "creator": {"id": "u-ana", "handle": DESIGNER, "img_url": ""},
        "editorType": "figma",
        "url": f"https://www.figma.com/design/{file.key}/{file.name}",
        "version": str(file.version),
    }


def _refusal(status: int, reason: str) -> web.Response:
    headers = {"Retry-After": "60"} if status == 429 else {}
    return web.json_response({"status": status, "err": reason}, status=status, headers=headers)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def days_ago(days: float) -> datetime:
    """Give a moment before now."""
    return datetime.now(UTC) - timedelta(days=days)


@asynccontextmanager
async def running_figma() -> AsyncIterator[Figma]:
    """Yield a server without files, which ends with the block."""
    figma = Figma()
    app = web.Application()
    app.router.add_get("/v1/files/{key}", figma.answer)
    app.router.add_get("/v1/files/{key}/{what}", figma.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    figma.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield figma
    finally:
        await runner.cleanup()
