"""What Figma answers about a file, read into our own values. Parsing only, no network.

https://developers.figma.com/docs/rest-api
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

READY = "READY_FOR_DEV"
SECTION = "SECTION"


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class RawUser(BaseModel):
    """A person; an account that was deleted may have no name."""

    id: str = ""
    handle: str = ""


class RawPin(BaseModel):
    """Where a comment stands: in a frame, or at a place on the page."""

    node_id: str = ""


class RawComment(BaseModel):
    """A comment, or a reply to one."""

    id: str
    message: str
    created_at: Moment
    user: RawUser = RawUser()
    parent_id: str | None = ""
    resolved_at: Moment | None = None
    client_meta: RawPin | None = None

    @property
    def node_id(self) -> str:
        return self.client_meta.node_id if self.client_meta else ""


class RawComments(BaseModel):
    """All comments of a file."""

    comments: tuple[RawComment, ...]


class RawMeta(BaseModel):
    """A file; `version` differs whenever its content was changed."""

    name: str
    last_touched_at: Moment
    version: str = ""
    url: str = ""


class RawDevStatus(BaseModel):
    """Whether a frame is ready to be built."""

    type: str = ""


class RawNode(BaseModel):
    """A page, a section or a frame; what stands deeper is left out."""

    id: str
    name: str = ""
    type: str = ""
    dev_status: RawDevStatus = Field(default=RawDevStatus(), alias="devStatus")
    children: tuple["RawNode", ...] = ()


class RawFile(BaseModel):
    """The tree of a file."""

    document: RawNode


class RawFound(BaseModel):
    """A node that was asked for."""

    document: RawNode


class RawNodes(BaseModel):
    """Nodes that were asked for, by id; None for one that is gone."""

    nodes: dict[str, RawFound | None]


class RawDevResource(BaseModel):
    """A link that somebody put to a frame, such as to its issue."""

    node_id: str
    url: str


class RawDevResources(BaseModel):
    """All such links of a file."""

    dev_resources: tuple[RawDevResource, ...]


class Place(BaseModel):
    """A frame or section with the name people know it by, such as "Checkout / Address step"."""

    node_id: str
    name: str
    is_ready: bool = False


def places(parent: RawNode) -> Iterator[Place]:
    """Name what stands directly on a page or in a section."""
    for node in parent.children:
        yield Place(node_id=node.id, name=f"{parent.name} / {node.name}", is_ready=node.dev_status.type == READY)


def sections(parent: RawNode) -> Iterator[str]:
    """Give the ids of the sections that stand directly on a page or in a section."""
    return (node.id for node in parent.children if node.type == SECTION)
