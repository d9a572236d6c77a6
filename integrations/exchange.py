"""A request, its answer, and what it means when there is none worth having."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from integrations.json_text import read_json

Parameter = str | int | bool
Parameters = Mapping[str, Parameter | Sequence[Parameter]]
Headers = Mapping[str, str]


class HttpError(Exception):
    """A server did not answer, or not with what was wanted; the text names no secret.

    `status` is None if there was no answer. `retryable`: asking again may help, not before `retry_after`.
    `may_have_happened`: the request may have been carried out although its answer is lost or useless. `headers` are
    those of a refusal, their names in lower case.
    """

    def __init__(  # noqa: PLR0913 - all that may be known of a refusal, and each has a good default
        self,
        message: str,
        *,
        status: int | None = None,
        headers: Headers | None = None,
        body: bytes = b"",
        retryable: bool = False,
        may_have_happened: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: Headers = headers or {}
        self.body = body
        self.retryable = retryable
        self.may_have_happened = may_have_happened
        self.retry_after = retry_after


@dataclass(frozen=True)
class Request:
    """What to ask: `path` is relative to the base address, or an absolute one of the same origin (a next-page link).

    `body` is sent as JSON, `content` as it is. With an `etag` the answer may be a 304 without a body. `is_write` says
    whether it changes anything there; None: everything but GET does. (A GraphQL query is a POST that does not.)
    """

    method: str
    path: str
    params: Parameters = field(default_factory=dict)
    body: Any = None
    content: bytes | None = None
    headers: Headers = field(default_factory=dict)
    etag: str = ""
    is_write: bool | None = None

    @property
    def changes_something(self) -> bool:
        """Whether it may have happened when its answer is lost."""
        return self.method != "GET" if self.is_write is None else self.is_write


@dataclass(frozen=True)
class Answer:
    """A 2xx or a 304. Header names are in lower case."""

    status: int
    headers: Headers
    body: bytes
    is_write: bool = False

    def json(self) -> Any:
        """Read the body as JSON, every string in it whole.

        Raises:
            HttpError: it is something else, such as a proxy's HTML page.
        """
        try:
            return read_json(self.body)
        except ValueError:
            kind = self.headers.get("content-type", "").partition(";")[0] or "nothing"
            raise HttpError(
                f"the answer is {kind[:40]}, not JSON",
                status=self.status,
                body=self.body,
                retryable=True,
                may_have_happened=self.is_write,
            ) from None

    @property
    def etag(self) -> str:
        return self.headers.get("etag", "")

    @property
    def next_url(self) -> str:
        """The address of the next page, empty on the last one."""
        for part in self.headers.get("link", "").split(","):
            target, _, attributes = part.partition(";")
            if re.search(r'\brel="?next\b', attributes):
                return target.strip().strip("<>")
        return ""
