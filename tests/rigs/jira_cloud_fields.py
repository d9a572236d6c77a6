"""What Jira Cloud takes of an issue's fields and of a comment, and how it refuses the rest."""

from collections.abc import Mapping
from typing import Any

from tests.rigs.jira_cloud_site import RESOLUTIONS, Refused, Site
from tests.rigs.jira_description import Description

ISSUE_TYPES = {"10001": "Epic", "10002": "Task", "10003": "Sub-task", "10004": "Bug"}
LONGEST_TEXT = 32_767
LONGEST_TITLE = 255


class Fields:
    """Reads fields that somebody sends."""

    def __init__(self, site: Site, description: Description) -> None:
        self._site = site
        self._description = description

    def of(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Give fields as they are kept.

        Raises:
            Refused: one is not as Jira wants it, or is not on the screen.
        """
        found: dict[str, Any] = {}
        for name, value in given.items():
            match name:
                case "project":
                    self._site.project(str(value.get("key") or value.get("id")))
                case "issuetype":
                    found[name] = issue_type(value)
                case "summary":
                    found[name] = _summary(value)
                case "description":
                    found[name] = None if value is None else self.text(value, name)
                case "labels":
                    found[name] = [_label(one) for one in value]
                case "assignee":
                    found[name] = self.assignee(value)
                case _:
                    reason = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
                    raise Refused(400, **{name: reason})
        return found

    def text(self, value: Any, name: str) -> Any:
        """Give a text that is a document of Atlassian's format, and not too long."""
        problem = self._description.text_problem(value)
        if problem:
            raise Refused(400, f"INVALID_INPUT: {problem}", **{name: "Operation value must be an Atlassian Document"})
        if len(str(value)) > 4 * LONGEST_TEXT or sum(map(len, _words(value))) > LONGEST_TEXT:
            raise Refused(400, **{name: "CONTENT_LIMIT_EXCEEDED"})
        return value

    def assignee(self, value: Any) -> dict[str, Any] | None:
        account_id = (value or {}).get("accountId") or (value or {}).get("id")
        return self._site.person(account_id) if account_id else None

    def updated_labels(self, labels: list[str], steps: list[dict[str, str]]) -> list[str]:
        """Put labels on and take them off, one after the other."""
        found = list(labels)
        for step in steps:
            if "add" in step and _label(step["add"]) not in found:
                found.append(step["add"])
            if "remove" in step:
                found = [label for label in found if label != step["remove"]]
        return found

    def resolution(self, way: Mapping[str, Any], given: Mapping[str, Any]) -> str:
        """Give the resolution that is chosen on a way; only one whose screen has it takes it, and that one wants it."""
        if set(given) - set(way["fields"]):
            name = sorted(set(given) - set(way["fields"]))[0]
            reason = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
            raise Refused(400, **{name: reason})
        name = (given.get("resolution") or {}).get("name", "")
        if way["fields"] and name not in RESOLUTIONS:
            raise Refused(400, resolution="Please select a valid resolution.")
        return str(name)


def issue_type(value: Mapping[str, Any]) -> dict[str, Any]:
    for number, name in ISSUE_TYPES.items():
        if value.get("id") == number or value.get("name") == name:
            return {"id": number, "name": name, "subtask": name == "Sub-task", "hierarchyLevel": 0}
    raise Refused(400, issuetype="Specify a valid issue type")


def _summary(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(400, summary="You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise Refused(400, summary="The summary is invalid because it contains newline characters.")
    if len(value) > LONGEST_TITLE:
        raise Refused(400, summary="Summary must be less than 255 characters.")
    return value


def _label(value: Any) -> str:
    if not isinstance(value, str) or any(character.isspace() for character in value):
        raise Refused(400, labels=f"The label '{value}' contains spaces which is invalid.")
    return value


def _words(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for one in node for text in _words(one)]
    if not isinstance(node, dict):
        return []
    return [*([node["text"]] if isinstance(node.get("text"), str) else []), *_words(node.get("content", []))]
