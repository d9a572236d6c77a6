"""One file in Figma: the requests that read it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from integrations.exchange import Answer, HttpError, Request
from integrations.http import Http
from integrations.refusals import reason
from integrations.sources.figma.payloads import (
    Place,
    RawComment,
    RawComments,
    RawDevResource,
    RawDevResources,
    RawFile,
    RawMeta,
    RawNode,
    RawNodes,
    places,
    sections,
)

# Figma makes the answer from the whole file, which may be a large one.
DEADLINE = timedelta(seconds=60)
MOST_BYTES = 32 * 1024 * 1024
# Sections in sections in sections are read so deep.
MOST_NESTED = 4
# As many ids as an address takes.
_AT_ONCE = 100
Model = TypeVar("Model", bound=BaseModel)


class FigmaServer:
    """Asks Figma about one file."""

    def __init__(self, http: Http, file_key: str) -> None:
        self._http = http
        self._path = f"v1/files/{quote(file_key, safe='')}"

    async def meta(self) -> RawMeta:
        """Read what the file is called and which version it has."""
        answer = await self._get("/meta")
        # It may come in an envelope, which its description does not have.
        return _parsed(RawMeta, answer, "file")

    async def comments(self) -> tuple[RawComment, ...]:
        """Read all comments, in no order."""
        return _parsed(RawComments, await self._get("/comments")).comments

    async def dev_resources(self) -> tuple[RawDevResource, ...]:
        """Read the links that people put to frames."""
        return _parsed(RawDevResources, await self._get("/dev_resources")).dev_resources

    async def places(self) -> list[Place]:
        """Read the frames and sections of all pages, with those in sections."""
        pages = _parsed(RawFile, await self._get("", depth=2)).document.children
        found = [place for page in pages for place in places(page)]
        inner = [node_id for page in pages for node_id in sections(page)]
        for _level in range(MOST_NESTED):
            nodes = await self._nodes(inner)
            found += [place for node in nodes for place in places(node)]
            inner = [node_id for node in nodes for node_id in sections(node)]
        return found

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _nodes(self, node_ids: Sequence[str]) -> list[RawNode]:
        """Read some nodes with what stands directly in them."""
        found: list[RawNode] = []
        for start in range(0, len(node_ids), _AT_ONCE):
            ids = ",".join(node_ids[start : start + _AT_ONCE])
            nodes = _parsed(RawNodes, await self._get("/nodes", ids=ids, depth=1)).nodes
            found += [one.document for one in nodes.values() if one is not None]
        return found

    async def _get(self, path: str, **params: str | int) -> Answer:
        try:
            return await self._http.ask(Request("GET", self._path + path, params))
        except HttpError as error:
            # A token that is wrong or too old is answered with a 403, as is one that may not.
            # https://developers.figma.com/docs/rest-api/errors
            if error.status == 403 and "token" in reason(error.body).casefold():
                raise HttpError(str(error), status=401, body=error.body) from None
            raise


def _parsed(model: type[Model], answer: Answer, within: str = "") -> Model:
    """Read an answer, or the object `within` it where there is one.

    Raises:
        HttpError: it is not what we know Figma to answer.
    """
    content = answer.json()
    if within and isinstance(content, dict) and isinstance(content.get(within), dict):
        content = content[within]
    try:
        return model.model_validate(content)
    except ValidationError:
        name = model.__name__.removeprefix("Raw")
        raise HttpError(f"{name} is not as expected", status=answer.status) from None
