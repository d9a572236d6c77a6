"""What the Jira Cloud rig keeps: people, workflows, projects with issues, and comments, in the form Jira answers in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.rigs.jira_queries import written

LIAISON, BOB = "5b10ac8d82e05b22cc7d4ef5", "712020:0e8d1b5f-6c1f-4c7b-9d5e-3a2f1b0c9d8e"
# By what they sign in with: e-mail address and token.
PEOPLE = {
    ("liaison@example.com", "ATATT-liaison"): {"accountId": LIAISON, "displayName": "Liaison"},
    ("bob@example.com", "ATATT-bob"): {"accountId": BOB, "displayName": "Bob"},
}
CATEGORIES = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
STATUSES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
RESOLUTIONS = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
LINK_TYPES = (("10000", "Blocks", "is blocked by", "blocks"), ("10002", "Duplicate", "is duplicated by", "duplicates"))
NO_ISSUE = "Issue does not exist or you do not have permission to see it."


class Refused(Exception):
    """A refusal in Jira's words; `fields` are those that are wrong, each with its reason."""

    def __init__(self, status: int, message: str = "", **fields: str) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields


@dataclass(frozen=True)
class Workflow:
    """Which way leads from which status where; `asks` for a resolution on the way to a status that is done."""

    ways: Mapping[str, tuple[str, ...]]
    asks: bool


WORKFLOWS = {
    # Everything leads everywhere else, as in a project that somebody just made; nobody is asked why.
    "simple": Workflow({one: tuple(other for other in STATUSES if other != one) for one in STATUSES}, asks=False),
    "classic": Workflow({one: tuple(other for other in STATUSES if other != one) for one in STATUSES}, asks=True),
    "narrow": Workflow({"To Do": ("In Progress",), "In Progress": ("To Do",)}, asks=False),
}


@dataclass
class Project:
    """A project; its search sees what happened `lag` ago. `hook` is where deliveries go: {"url", "secret"}."""

    id: int
    key: str
    workflow: Workflow
    lag: timedelta
    hook: dict[str, str] = field(default_factory=dict)
    made: int = 0


class Site:
    """All that is kept."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.projects: dict[str, Project] = {}
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self._last_id = 10_000

    def next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def project(self, name: str) -> Project:
        for project in self.projects.values():
            if name in (project.key, str(project.id)):
                return project
        raise Refused(404, f"No project could be found with key '{name}'.")

    def issue(self, name: str) -> dict[str, Any]:
        for issue in self.issues.values():
            if name in (issue["id"], issue["key"]):
                return issue
        raise Refused(404, NO_ISSUE)

    def project_of(self, issue: Mapping[str, Any]) -> Project:
        return self.projects[issue["fields"]["project"]["key"]]

    def make_issue(self, project: Project, fields: Mapping[str, Any], me: str) -> dict[str, Any]:
        """Keep a new issue; its fields are right."""
        project.made += 1
        at, number = written(datetime.now(UTC)), self.next_id()
        issue = {
            "id": number,
            "key": f"{project.key}-{project.made}",
            "self": f"{self.home}/rest/api/3/issue/{number}",
            "fields": {
                **_EMPTY,
                **fields,
                "project": {"id": str(project.id), "key": project.key, "name": project.key},
                "status": self.status("To Do"),
                "creator": self.person(me),
                "reporter": self.person(me),
                "created": at,
                "updated": at,
            },
            "properties": {},
        }
        self.issues[number] = issue
        self.comments[number] = []
        return issue

    def touch(self, issue: dict[str, Any]) -> str:
        """Note that an issue changed just now."""
        issue["fields"]["updated"] = written(datetime.now(UTC))
        return str(issue["fields"]["updated"])

    def ways(self, issue: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """List the transitions there are for an issue."""
        workflow = self.project_of(issue).workflow
        for status in workflow.ways.get(issue["fields"]["status"]["name"], ()):
            is_asked = workflow.asks and STATUSES[status] == "done"
            yield {
                "id": str(11 + 10 * list(STATUSES).index(status)),
                "name": f"Move to {status}",
                "to": self.status(status),
                "hasScreen": is_asked,
                "fields": {"resolution": _RESOLUTION_FIELD} if is_asked else {},
            }

    def move(self, issue: dict[str, Any], way: Mapping[str, Any], resolution: str) -> None:
        """Take an issue to another status; out of those that are done it loses its resolution."""
        is_over = way["to"]["statusCategory"]["key"] == "done"
        issue["fields"]["resolution"] = self.resolution(resolution or "Done") if is_over else None
        issue["fields"]["status"] = way["to"]
        self.touch(issue)

    def status(self, name: str) -> dict[str, Any]:
        number = str(10_000 + list(STATUSES).index(name))
        address = f"{self.home}/rest/api/3/status/{number}"
        return {"self": address, "id": number, "name": name, "statusCategory": CATEGORIES[STATUSES[name]]}

    def resolution(self, name: str) -> dict[str, Any]:
        return {"id": str(10_000 + RESOLUTIONS.index(name)), "name": name, "description": ""}

    def person(self, account_id: str) -> dict[str, Any]:
        for (email, _), known in PEOPLE.items():
            if known["accountId"] == account_id:
                shown = {"emailAddress": email, "accountType": "atlassian", "active": True, "timeZone": "Asia/Kolkata"}
                return {"self": f"{self.home}/rest/api/3/user?accountId={account_id}", **known, **shown}
        raise Refused(400, assignee="Specify a valid value for the assignee field")


_EMPTY: Mapping[str, Any] = {"description": None, "labels": [], "assignee": None, "resolution": None}
_RESOLUTION_FIELD = {
    "required": True,
    "schema": {"type": "resolution", "system": "resolution"},
    "name": "Resolution",
    "key": "resolution",
    "hasDefaultValue": False,
    "operations": ["set"],
    "allowedValues": [{"id": str(10_000 + place), "name": name} for place, name in enumerate(RESOLUTIONS)],
}
