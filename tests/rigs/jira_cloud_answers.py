"""What the Jira Cloud rig answers to each operation that it knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

from tests.rigs.jira_cloud_fields import ISSUE_TYPES, Fields, issue_type
from tests.rigs.jira_cloud_site import LINK_TYPES, PEOPLE, Refused, Site
from tests.rigs.jira_description import Description, Operation
from tests.rigs.jira_queries import found, moment, project_of, written

Told = Callable[[str, dict[str, Any], dict[str, Any] | None, str], None]
_MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Asked:
    """A request that is as described, and who asks."""

    operation: Operation
    query: Mapping[str, Any]
    body: Any
    content: bytes
    headers: Mapping[str, str]
    me: str

    def name(self, place: str) -> str:
        return self.operation.names[place]


class Answers:
    """Answers by the name of the operation."""

    def __init__(self, site: Site, description: Description, tell: Told) -> None:
        self._site = site
        self._fields = Fields(site, description)
        self._tell = tell

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Answer what is asked.

        Raises:
            Refused: as Jira would.
        """
        match asked.operation.id:
            case "getCurrentUser":
                return 200, self._site.person(asked.me)
            case "getMyPermissions":
                return 200, self._permissions(asked.query)
            case "getProject":
                return 200, self._project(asked.name("projectIdOrKey"))
            case "findAssignableUsers":
                return 200, self._people(asked.query)
            case "getIssueLinkTypes":
                names = ("id", "name", "inward", "outward")
                return 200, {"issueLinkTypes": [dict(zip(names, one, strict=True)) for one in LINK_TYPES]}
            case "linkIssues":
                return 201, self._link(asked.body)
            case "countIssues":
                return 200, {"count": len(self._found(asked.body["jql"], asked.me))}
            case "searchAndReconsileIssuesUsingJqlPost":
                return 200, self._search(asked.body, asked.me)
            case "createIssue":
                return 201, self._create(asked)
        return self._about_issue(asked, self._site.issue(asked.name("issueIdOrKey")))

    def _about_issue(self, asked: Asked, issue: dict[str, Any]) -> tuple[int, Any]:
        match asked.operation.id:
            case "getIssue":
                wanted = asked.query.get("fields") or ["*all"]
                return 200, _shown(issue, wanted, asked.query.get("properties") or [])
            case "editIssue":
                return 204, self._edit(asked, issue)
            case "deleteIssue":
                del self._site.issues[issue["id"]]
                return 204, self._tell("jira:issue_deleted", issue, None, asked.me)
            case "assignIssue":
                issue["fields"]["assignee"] = self._fields.assignee(asked.body)
                return 204, self._changed(asked, issue)
            case "getTransitions":
                with_fields = "transitions.fields" in asked.query.get("expand", "")
                return 200, {"transitions": [_way(one, with_fields=with_fields) for one in self._site.ways(issue)]}
            case "doTransition":
                return 204, self._move(asked, issue)
            case "addAttachment":
                return 200, [self._attach(asked)]
        return self._about_comment(asked, issue)

    def _about_comment(self, asked: Asked, issue: dict[str, Any]) -> tuple[int, Any]:
        comments = self._site.comments[issue["id"]]
        if asked.operation.id == "getComments":
            start, most = asked.query.get("startAt", 0), min(asked.query.get("maxResults", 50), 5000)
            page = comments[start : start + most]
            return 200, {"startAt": start, "maxResults": most, "total": len(comments), "comments": page}
        if asked.operation.id == "addComment":
            return 201, self._comment(asked, issue)
        comment = next((one for one in comments if one["id"] == asked.name("id")), None)
        if comment is None:
            raise Refused(404, f"Can not find a comment for the id: {asked.name('id')}.")
        if asked.operation.id == "getComment":
            return 200, comment
        if comment["author"]["accountId"] != asked.me:
            raise Refused(400, "You do not have the permission to edit or delete this comment.")
        if asked.operation.id == "deleteComment":
            comments.remove(comment)
            self._site.touch(issue)
            return 204, self._tell("comment_deleted", issue, comment, asked.me)
        body = self._fields.text(asked.body.get("body"), "comment")
        comment |= {"body": body, "updated": self._site.touch(issue), "updateAuthor": self._site.person(asked.me)}
        self._tell("comment_updated", issue, comment, asked.me)
        return 200, comment

    def _create(self, asked: Asked) -> dict[str, Any]:
        given = asked.body.get("fields", {})
        if "project" not in given:
            raise Refused(400, project="Specify a valid project ID or key")
        fields = self._fields.of({"summary": "", "issuetype": {}, **given})
        project = self._site.project(str(given["project"].get("key") or given["project"].get("id")))
        issue = self._site.make_issue(project, fields, asked.me)
        issue["properties"] = {one["key"]: one["value"] for one in asked.body.get("properties", [])}
        self._tell("jira:issue_created", issue, None, asked.me)
        return {name: issue[name] for name in ("id", "key", "self")}

    def _edit(self, asked: Asked, issue: dict[str, Any]) -> None:
        changed = self._fields.of(asked.body.get("fields", {}))
        for name, steps in asked.body.get("update", {}).items():
            if name != "labels":
                raise Refused(400, **{name: f"Field '{name}' cannot be set."})
            changed[name] = self._fields.updated_labels(issue["fields"]["labels"], steps)
        issue["fields"] |= changed
        self._changed(asked, issue)

    def _changed(self, asked: Asked, issue: dict[str, Any]) -> None:
        self._site.touch(issue)
        self._tell("jira:issue_updated", issue, None, asked.me)

    def _move(self, asked: Asked, issue: dict[str, Any]) -> None:
        wanted = asked.body.get("transition", {}).get("id")
        way = next((one for one in self._site.ways(issue) if one["id"] == wanted), None)
        if way is None:
            raise Refused(400, f"Transition id '{wanted}' is not valid for this issue.")
        self._site.move(issue, way, self._fields.resolution(way, asked.body.get("fields", {})))
        self._tell("jira:issue_updated", issue, None, asked.me)

    def _comment(self, asked: Asked, issue: dict[str, Any]) -> dict[str, Any]:
        body = self._fields.text(asked.body.get("body"), "comment")
        at, number, author = self._site.touch(issue), self._site.next_id(), self._site.person(asked.me)
        address = f"{issue['self']}/comment/{number}"
        comment = {"self": address, "id": number, "author": author, "updateAuthor": author, "body": body}
        comment |= {"created": at, "updated": at, "jsdPublic": True}
        self._site.comments[issue["id"]].append(comment)
        self._tell("comment_created", issue, comment, asked.me)
        return comment

    def _search(self, wanted: Mapping[str, Any], me: str) -> dict[str, Any]:
        """Give a page; its token is the number of the first issue of the next one, with a sign before it."""
        matching = self._found(wanted["jql"], me)
        start, most = int(wanted.get("nextPageToken", "~0")[1:]), min(wanted.get("maxResults", 50), _MOST_AT_ONCE)
        end = start + most
        shown = [self._whole(issue, wanted) for issue in matching[start:end]]
        return {"issues": shown, "isLast": end >= len(matching)} | (
            {} if end >= len(matching) else {"nextPageToken": f"~{end}"}
        )

    def _whole(self, issue: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Show an issue as a search does, with some of its comments."""
        comments = self._site.comments[issue["id"]]
        page = {"comments": comments[:20], "total": len(comments), "maxResults": 20, "startAt": 0}
        with_comments = {**issue, "fields": {**issue["fields"], "comment": page}}
        return _shown(with_comments, wanted.get("fields", ["id"]), wanted.get("properties", []))

    def _found(self, jql: str, me: str) -> list[dict[str, Any]]:
        key = project_of(jql)
        if key not in self._site.projects:
            raise Refused(400, f"The value '{key}' does not exist for the field 'project'.")
        now = datetime.now(UTC)
        seen_until = now - self._site.projects[key].lag
        seen = [one for one in self._site.issues.values() if moment(one["fields"]["updated"]) <= seen_until]
        return found(jql, seen, {"accountId": me}, now)

    def _project(self, name: str) -> dict[str, Any]:
        project = self._site.project(name)
        types = [issue_type({"id": number}) for number in ISSUE_TYPES]
        shown = {"id": str(project.id), "key": project.key, "name": project.key, "issueTypes": types}
        return {**shown, "self": f"{self._site.home}/rest/api/3/project/{project.id}", "projectTypeKey": "software"}

    def _permissions(self, query: Mapping[str, Any]) -> dict[str, Any]:
        if "permissions" not in query:
            raise Refused(400, "The 'permissions' query parameter is required.")
        self._site.project(query.get("projectKey", ""))
        wanted = query["permissions"].split(",")
        return {"permissions": {key: {"key": key, "type": "PROJECT", "havePermission": True} for key in wanted}}

    def _people(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        self._site.project(query.get("project", ""))
        word = query.get("query", "").casefold()
        known = [self._site.person(one["accountId"]) for one in PEOPLE.values()]
        return [one for one in known if word in f"{one['displayName']} {one['emailAddress']}".casefold()]

    def _link(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        if wanted["type"].get("name") not in [name for _, name, _, _ in LINK_TYPES]:
            raise Refused(404, "No issue link type with that name found.")
        for side in ("inwardIssue", "outwardIssue"):
            self._site.touch(self._site.issue(wanted[side].get("key") or wanted[side].get("id")))
        return {}

    def _attach(self, asked: Asked) -> dict[str, Any]:
        """Take a file; a form that a browser might have been tricked into sending is refused."""
        if asked.headers.get("x-atlassian-token") != "no-check":
            raise Refused(403, "XSRF check failed")
        form = message_from_bytes(
            b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n" + asked.content
        )
        part = form.get_payload()[0] if form.is_multipart() else None
        if part is None or part.get_param("name", "", "content-disposition") != "file":
            raise Refused(400, "file is missing")
        number, content = self._site.next_id(), part.get_payload(decode=True)
        address = f"{self._site.home}/rest/api/3/attachment/content/{number}"
        shown = {"id": number, "filename": part.get_filename(), "mimeType": part.get_content_type(), "content": address}
        file = {
            **shown,
            "size": len(content),
            "author": self._site.person(asked.me),
            "created": written(datetime.now(UTC)),
        }
        self._site.issue(asked.name("issueIdOrKey"))["fields"].setdefault("attachment", []).append(file)
        return file


def _shown(issue: Mapping[str, Any], wanted: list[str], properties: list[str]) -> dict[str, Any]:
    """Show the fields and properties that are wanted."""
    is_all = "*all" in wanted
    fields = {name: value for name, value in issue["fields"].items() if is_all or name in wanted}
    kept = {name: value for name, value in issue["properties"].items() if name in properties}
    shown = {name: issue[name] for name in ("id", "key", "self")}
    return {**shown, "fields": fields, **({"properties": kept} if properties else {})}


def _way(way: Mapping[str, Any], *, with_fields: bool) -> dict[str, Any]:
    return {name: value for name, value in way.items() if with_fields or name != "fields"}
