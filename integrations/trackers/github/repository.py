"""One repository of GitHub's, asked over HTTP as one account."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic import ValidationError

from integrations.http import Answer, Http, HttpError, Request
from integrations.trackers.base import TrackerError, told
from integrations.trackers.github.access import Access, AppAccess
from integrations.trackers.github.payloads import User, read_one

PAGE = 100


class GitHubRepository:
    """Asks about one repository, and knows whom it asks as."""

    def __init__(self, http: Http, access: Access, project: str) -> None:
        self.http = http
        self.access = access
        self.project = project
        self._login = ""

    async def ask(self, request: Request) -> Answer:
        """Ask; a token that was taken back before its time is replaced by a new one.

        Raises:
            HttpError: as of `Http.ask`.
        """
        try:
            return await self.http.ask(request)
        except HttpError as error:
            if error.status != 401 or not self.access.forget():
                raise
        return await self.http.ask(request)

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, doing: str) -> Any:
        """Ask about something below the repository and give the answer's JSON, None where there is none.

        Raises:
            TrackerError: GitHub did not do it.
        """
        with told("GitHub", doing):
            answer = await self.ask(Request(method, self.path(path), body=body))
            return answer.json() if answer.body else None

    async def find(self, path: str, *, doing: str) -> Any:
        """Read something below the repository; None if there is no such thing.

        Raises:
            TrackerError: GitHub did not say.
        """
        with told("GitHub", doing):
            try:
                return (await self.ask(Request("GET", self.path(path)))).json()
            except HttpError as error:
                if error.status not in {404, 410}:
                    raise
                return None

    async def pages(self, path: str, params: Mapping[str, str], *, doing: str) -> AsyncIterator[list[Any]]:
        """Read a list page by page.

        Raises:
            TrackerError: GitHub did not say.
        """
        request = Request("GET", self.path(path), {**params, "per_page": PAGE})
        while True:
            with told("GitHub", doing):
                answer = await self.ask(request)
                page = answer.json()
            if not isinstance(page, list):
                raise TrackerError("GitHub sent something else than a list. Is GITHUB_API_URL right?", retryable=True)
            yield page
            if not answer.next_url:
                return
            request = Request("GET", answer.next_url)

    async def login(self) -> str:
        """Give the name of our account; it is asked for once.

        Raises:
            TrackerError: GitHub did not say.
        """
        if not self._login:
            with told("GitHub", "asking who we are"):
                self._login = await self._ask_login()
        return self._login

    async def close(self) -> None:
        """Close every connection."""
        await self.http.close()
        await self.access.close()

    def path(self, rest: str) -> str:
        """Give the path of something below the repository."""
        return f"repos/{self.project}/{rest}" if rest else f"repos/{self.project}"

    async def _ask_login(self) -> str:
        if not isinstance(self.access, AppAccess):
            return read_one(User, (await self.ask(Request("GET", "user"))).json()).login
        try:
            return await self.access.login()
        except ValidationError:
            raise TrackerError("GitHub did not say what the App is called.", retryable=True) from None
