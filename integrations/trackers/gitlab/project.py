"""One project on a GitLab server: addresses, and who we are there."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from integrations.exchange import Answer, HttpError, Request
from integrations.http import Http

URL = "https://gitlab.com/"
PAGE = 100
Model = TypeVar("Model", bound=BaseModel)


class RawMe(BaseModel):
    """The account that the token belongs to."""

    id: int
    username: str
    name: str = ""


class GitLabProject:
    """Asks GitLab about one project."""

    def __init__(self, http: Http, path: str, home: str = URL) -> None:
        self.path = path
        self.home = home.rstrip("/")
        self._http = http
        self._me: RawMe | None = None

    @classmethod
    def at(cls, home: str, token: str, path: str, now: Callable[[], datetime]) -> "GitLabProject":
        """Ask at an address, with a token."""
        base = f"{home.rstrip('/')}/api/v4/"
        return cls(Http(base, {"PRIVATE-TOKEN": token.strip()}, now=now), path, home)

    async def me(self) -> RawMe:
        """Say who we are, asking once."""
        if self._me is None:
            self._me = parsed(RawMe, await self._http.ask(Request("GET", "user")))
        return self._me

    async def get(self, path: str, **params: Any) -> Answer:
        """Read something of the project; `path` is relative to it."""
        return await self._http.ask(Request("GET", self._address(path), params))

    async def get_elsewhere(self, path: str, **params: Any) -> Answer:
        """Read something that belongs to no project."""
        return await self._http.ask(Request("GET", path, params))

    async def change(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Write something in the project."""
        return await self._http.ask(Request(method, self._address(path), body=body))

    async def upload(self, path: str, content: bytes, content_type: str) -> Answer:
        """Send a form with a file."""
        headers = {"Content-Type": content_type}
        return await self._http.ask(Request("POST", self._address(path), content=content, headers=headers))

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    def _address(self, path: str) -> str:
        project = f"projects/{quote(self.path, safe='')}"
        return f"{project}/{path}" if path else project


def parsed(model: type[Model], answer: Answer) -> Model:
    """Read an answer.

    Raises:
        HttpError: it is not what we know GitLab to answer.
    """
    return _validated(model, answer.json(), answer)


def parsed_list(model: type[Model], answer: Answer) -> list[Model]:
    """Read an answer that is a list.

    Raises:
        HttpError: it is not what we know GitLab to answer.
    """
    content = answer.json()
    if not isinstance(content, list):
        raise _unexpected(model, answer)
    return [_validated(model, one, answer) for one in content]


def _validated(model: type[Model], content: Any, answer: Answer) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError:
        raise _unexpected(model, answer) from None


def _unexpected(model: type[Model], answer: Answer) -> HttpError:
    name = model.__name__.removeprefix("Raw")
    return HttpError(f"{name} is not as expected", status=answer.status, may_have_happened=answer.is_write)
