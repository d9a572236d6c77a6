"""Linear's GraphQL interface: one request, and what its errors mean."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from integrations.exchange import Headers, HttpError, Request
from integrations.http import Http
from integrations.json_text import read_json, write_json
from integrations.waiting import LONGEST, USUAL, retry_after

API_URL = "https://api.linear.app/graphql"
_BUDGETS = ("requests", "complexity", "endpoint-requests")

# https://github.com/linear/linear/blob/master/packages/sdk/src/error.ts
_STATUS_OF_TYPE = {
    "authentication error": 401,
    "forbidden": 403,
    "feature not accessible": 403,
    "ratelimited": 429,
    "invalid input": 422,
    "graphql error": 422,
    "user error": 422,
    "usage limit exceeded": 422,
    "lock timeout": 503,
}
_STATUS_OF_CODE = {
    "AUTHENTICATION_ERROR": 401,
    "FORBIDDEN": 403,
    "RATELIMITED": 429,
    "INPUT_ERROR": 422,
    "GRAPHQL_VALIDATION_FAILED": 422,
    "BAD_USER_INPUT": 422,
}

Model = TypeVar("Model", bound=BaseModel)


class Data:
    """What Linear answered."""

    def __init__(self, content: Any, *, is_write: bool) -> None:
        self._content = content
        self._is_write = is_write

    def read(self, model: type[Model], *path: str) -> Model:
        """Read the part at a path.

        Raises:
            HttpError: it is not what we know Linear to answer.
        """
        part = self._content
        try:
            for name in path:
                part = part[name]
            return model.model_validate(part)
        except (ValidationError, LookupError, TypeError):
            where = ".".join(path)
            raise HttpError(f"{where} is not as expected", status=200, may_have_happened=self._is_write) from None


class LinearApi:
    """Asks Linear; `path` is where its interface is, seen from the base address."""

    def __init__(self, http: Http, path: str, now: Callable[[], datetime]) -> None:
        self._http = http
        self._path = path
        self._now = now

    @classmethod
    def at(cls, url: str, key: str, now: Callable[[], datetime]) -> "LinearApi":
        """Ask at an address, with an API key."""
        base, _, path = url.rstrip("/").rpartition("/")
        return cls(Http(base, {"Authorization": _authorization(key.strip())}, now=now), path, now)

    async def ask(self, document: str, variables: Mapping[str, Any], *, is_write: bool = False) -> Data:
        """Give the data that a document asks for.

        Raises:
            HttpError: Linear refused it. The status says why, also where Linear answers 200 with errors.
        """
        body = {"query": document, "variables": dict(variables)}
        try:
            answer = await self._http.ask(Request("POST", self._path, body=body, is_write=is_write))
        except HttpError as error:
            raise self._explained(error, is_write=is_write) from error
        content = answer.json()
        if not isinstance(content, dict) or content.get("errors") or not isinstance(content.get("data"), dict):
            raise self._refusal(content, answer.headers, is_write=is_write)
        return Data(content["data"], is_write=is_write)

    async def change(self, document: str, variables: Mapping[str, Any]) -> Data:
        """Do what a document says, and give what came of it."""
        return await self.ask(document, variables, is_write=True)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    def _explained(self, error: HttpError, *, is_write: bool) -> HttpError:
        """Read the errors of an answer that was no success; Linear gives them with a 400 mostly."""
        if error.status is None or not 400 <= error.status < 429:
            return error
        try:
            content = read_json(error.body)
        except ValueError:
            return error
        if not isinstance(content, dict) or not content.get("errors"):
            return error
        return self._refusal(content, error.headers, is_write=is_write)

    def _refusal(self, content: Any, headers: Headers, *, is_write: bool) -> HttpError:
        first = _first_error(content)
        status = _status(first)
        wait = _wait(headers, self._now()) if status == 429 else None
        if wait is not None:
            self._http.leave_alone(wait)
        is_ill = status >= 500
        return HttpError(
            f"the answer is an error of kind {status}",
            status=status,
            body=write_json({"message": _words(first)}),
            retryable=is_ill or status == 429,
            may_have_happened=is_write and status == 500,
            retry_after=wait,
        )


def _authorization(key: str) -> str:
    """Give a person's key as it is, and an app's token with its kind: https://linear.app/developers/graphql."""
    return f"Bearer {key}" if key.startswith("lin_oauth_") else key


def _first_error(content: Any) -> dict[str, Any]:
    errors = content.get("errors") if isinstance(content, dict) else None
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _extensions(error: dict[str, Any]) -> dict[str, Any]:
    found = error.get("extensions")
    return found if isinstance(found, dict) else {}


def _status(error: dict[str, Any]) -> int:
    if str(error.get("message", "")).startswith("Entity not found"):
        return 404
    extensions = _extensions(error)
    status = _STATUS_OF_TYPE.get(str(extensions.get("type", "")).lower())
    return status or _STATUS_OF_CODE.get(str(extensions.get("code", "")), 500)


def _words(error: dict[str, Any]) -> str:
    return str(_extensions(error).get("userPresentableMessage") or error.get("message") or "no reason given")


def _wait(headers: Headers, now: datetime) -> timedelta:
    """Say how long to wait: until the used-up budget is whole again; Linear gives that in milliseconds.

    Source: https://linear.app/developers/rate-limiting
    """
    wait = retry_after(headers, now)
    if wait is not None:
        return wait
    resets = [
        headers.get(f"x-ratelimit-{budget}-reset", "")
        for budget in _BUDGETS
        if headers.get(f"x-ratelimit-{budget}-remaining", "").strip() == "0"
    ]
    return max((_until(reset, now) for reset in resets), default=USUAL)


def _until(milliseconds: str, now: datetime) -> timedelta:
    try:
        seconds = float(milliseconds) / 1000 - now.timestamp()
    except ValueError:
        return USUAL
    return USUAL if math.isnan(seconds) else timedelta(seconds=min(max(seconds, 1.0), LONGEST.total_seconds()))
