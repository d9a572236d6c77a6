"""A Jira site and one project in it: addresses, who we are, and what Cloud and Data Center do each in their own way."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from integrations.exchange import Answer, HttpError, Request
from integrations.http import Http
from integrations.trackers.jira.payloads import PROPERTY, RawIssue, RawProject, RawSearch, RawUser, Reading
from integrations.trackers.jira.texts import TextWriter, write_tree, write_wiki

# Jira gives no more issues with their texts at once.
PAGE = 100
FIELDS = (
    *("summary", "description", "status", "resolution", "project", "creator"),
    *("assignee", "labels", "created", "updated"),
    # Who alone may see an issue: a level of security, or a team-managed project's own way to say so.
    *("security", "issuerestriction"),
)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Flavour:
    """What differs: the version of the interface, the form of texts, and what a person is known by."""

    path: str
    write: TextWriter
    person: str
    asks_for_people_by: str
    is_cloud: bool


CLOUD = Flavour("rest/api/3/", write_tree, "accountId", "query", is_cloud=True)
DATA_CENTER = Flavour("rest/api/2/", write_wiki, "name", "username", is_cloud=False)


@dataclass(frozen=True)
class Found:
    """A page of issues; an empty `page` is the last one. `total` is 0 if unknown."""

    issues: tuple[RawIssue, ...]
    page: str
    total: int
    answer: Answer


class JiraSite:
    """Asks Jira about one project."""

    def __init__(self, http: Http, home: str, project: str, flavour: Flavour) -> None:
        self.home = home.rstrip("/")
        self.project = project
        self.flavour = flavour
        self._http = http
        self._me: RawUser | None = None
        self._project: RawProject | None = None

    @classmethod
    def of(cls, project: str, values: Mapping[str, str], now: Callable[[], datetime]) -> "JiraSite":
        """Make one from the values of the variables: with an e-mail address it is Cloud."""
        home, token, email = values["JIRA_URL"], values["JIRA_TOKEN"].strip(), values.get("JIRA_EMAIL", "").strip()
        if email:
            login = base64.b64encode(f"{email}:{token}".encode()).decode()
            return cls(Http(home, {"Authorization": f"Basic {login}"}, now=now), home, project, CLOUD)
        return cls(Http(home, {"Authorization": f"Bearer {token}"}, now=now), home, project, DATA_CENTER)

    async def get(self, path: str, **params: Any) -> Answer:
        """Read something."""
        return await self._http.ask(Request("GET", self.flavour.path + path, params))

    async def ask(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Read something whose question does not fit into an address."""
        return await self._http.ask(Request("POST", self.flavour.path + path, body=body, is_write=False))

    async def change(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Write something."""
        return await self._http.ask(Request(method, self.flavour.path + path, body=body))

    async def upload(self, path: str, content: bytes, content_type: str) -> Answer:
        """Send a form with a file."""
        # Jira refuses forms that a browser might have been tricked into sending.
        # https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments
        headers = {"Content-Type": content_type, "X-Atlassian-Token": "no-check"}
        return await self._http.ask(Request("POST", self.flavour.path + path, content=content, headers=headers))

    async def me(self) -> RawUser:
        """Say who we are, asking once."""
        if self._me is None:
            self._me = await self.who()
        return self._me

    async def who(self) -> RawUser:
        """Ask who we are."""
        return parsed(RawUser, await self.get("myself"))

    async def reading(self) -> Reading:
        """Give what is needed to read issues."""
        return Reading(self.home, (await self.me()).key)

    async def read_project(self) -> RawProject:
        """Read the project, asking once."""
        if self._project is None:
            self._project = parsed(RawProject, await self.get(f"project/{self.project}"))
        return self._project

    async def read_issue(self, id_or_key: str) -> RawIssue:
        """Read an issue by its number or its key."""
        wanted = {"fields": ",".join(FIELDS), **({"properties": PROPERTY} if self.flavour.is_cloud else {})}
        return parsed(RawIssue, await self.get(f"issue/{quote(id_or_key, safe='')}", **wanted))

    async def search(self, jql: str, page: str = "", *fields: str) -> Found:
        """Give the issues that JQL finds, a page at a time.

        Cloud's search sees a change up to some seconds later, and only its own token leads to the next page;
        Data Center counts.
        """
        if not self.flavour.is_cloud:
            return await self._counted(jql, int(page or 0), fields)
        wanted = {"jql": jql, "fields": [*FIELDS, *fields], "properties": [PROPERTY], "maxResults": PAGE}
        answer = await self.ask("search/jql", {**wanted, **({"nextPageToken": page} if page else {})})
        found = parsed(RawSearch, answer)
        return Found(found.issues, found.next_page_token, 0, answer)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _counted(self, jql: str, start: int, fields: tuple[str, ...]) -> Found:
        wanted = {"jql": jql, "fields": [*FIELDS, *fields], "startAt": start, "maxResults": PAGE}
        answer = await self.ask("search", wanted)
        found = parsed(RawSearch, answer)
        end = start + len(found.issues)
        return Found(found.issues, str(end) if found.issues and end < found.total else "", found.total, answer)


def parsed(model: type[Model], answer: Answer) -> Model:
    """Read an answer.

    Raises:
        HttpError: it is not what we know Jira to answer.
    """
    try:
        return model.model_validate(answer.json())
    except ValidationError:
        name = model.__name__.removeprefix("Raw")
        raise HttpError(f"{name} is not as expected", status=answer.status, may_have_happened=answer.is_write) from None
