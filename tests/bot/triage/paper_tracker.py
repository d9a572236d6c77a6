"""A whole tracker on a sheet of paper: what the rules of sync are tried on, fast and with any failure at any moment.

Real servers and real faults between are the business of the scenarios; here the order of things is what counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from integrations.markup import markdown
from integrations.markup.base import Document
from integrations.trackers.base import (
    Ability,
    Account,
    Changes,
    Comment,
    File,
    Issue,
    IssueChange,
    IssueDraft,
    IssuePage,
    Standing,
    TrackerContext,
    TrackerError,
    TrackerKind,
    markers_in,
)
from storage.models import IssueState

PROJECT = "acme/web"
PAGE = 10
US = Account("liaison", "Liaison")
ANA = Account("ana", "Ana Anderson", "ana@acme.example")
DOWN = TrackerError("Paper is not well (503).", retryable=True)
LOST = TrackerError("Paper did not answer in time.", retryable=True, may_have_happened=True)
REFUSED = TrackerError("Paper refused the token (401).", retryable=False)


@dataclass
class Paper:
    """The tracker's side: its issues and comments, everything it was asked, and what it fails with next.

    A failure that may have happened is raised after the deed, another before it; with `loses` the deed is not done
    but kept in `lost`, to land later. `refuses` is the first word of what is refused for good.
    """

    now: Callable[[], datetime]
    issues: dict[str, Issue] = field(default_factory=dict)
    comments: dict[str, list[Comment]] = field(default_factory=dict)
    files: dict[str, list[File]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    failures: list[TrackerError] = field(default_factory=list)
    refuses: str = ""
    loses: bool = False
    lost: list[IssueDraft] = field(default_factory=list)
    ids: int = 0
    name: str = "github"
    abilities: frozenset[Ability] = frozenset(Ability) - {Ability.FILES}

    def kind(self) -> TrackerKind:
        def make(context: TrackerContext) -> "Paper":
            return self

        return TrackerKind("github", "GitHub", r".+", PROJECT, make, lambda url, values: None)

    async def check(self) -> Standing:
        return Standing(US.name, PROJECT)

    async def create_issue(self, draft: IssueDraft) -> Issue:
        failure = self._ask("create")
        if failure and self.loses:
            self.lost.append(draft)
        if failure and (self.loses or not failure.may_have_happened):
            raise failure
        issue = self.write(draft)
        if failure:
            raise failure
        return issue

    def write(self, draft: IssueDraft) -> Issue:
        """Put an issue of ours on the paper, as a request does that arrives."""
        markers = markers_in(markdown.write(draft.body))
        issue = self._issue(draft.title, US, labels=draft.labels, body=draft.body, markers=markers)
        return self._keep(replace(issue, assignee=Account(draft.assignee) if draft.assignee else None))

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        self._must("find")
        return tuple(issue for issue in self.issues.values() if marker in issue.markers)

    async def get_issue(self, external_id: str) -> Issue | None:
        self._must("get")
        return self.issues.get(external_id)

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        self._must(f"update {external_id} {change.state or ''}".strip())
        issue = self.issues[external_id]
        labels = [label for label in issue.labels if label not in change.remove_labels]
        assignee = issue.assignee
        if change.assignee is not None:
            assignee = Account(change.assignee) if change.assignee else None
        state = change.state or issue.state
        return self.change(external_id, state=state, labels=(*labels, *change.add_labels), assignee=assignee)

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        self._must(f"duplicate {external_id} of {original.external_id}")
        return self.change(external_id, state=IssueState.DROPPED)

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        failure = self._ask("comment")
        if failure and not failure.may_have_happened:
            raise failure
        comment = self._comment(external_id, US, body, (marker,))
        if failure:
            raise failure
        return comment

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        self._must("edit")
        return self.rewrite(external_id, comment_id, body)

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        self._must("delete")
        self.erase(external_id, comment_id)

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        self._must("comments")
        return tuple(self.comments.get(external_id, ()))

    async def changes_since(self, cursor: str) -> Changes:
        self._must("changes")
        since = datetime.fromisoformat(cursor) if cursor else self.now()
        seen = tuple(issue for issue in self.issues.values() if cursor and issue.updated_at >= since)
        return Changes(issues=seen, cursor=self.now().isoformat())

    async def list_issues(self, cursor: str) -> IssuePage:
        self._must("list")
        start, issues = int(cursor or 0), list(self.issues.values())
        end = start + PAGE
        return IssuePage(tuple(issues[start:end]), str(end) if end < len(issues) else "", len(issues))

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        self._must("accounts")
        return tuple(one for one in (US, ANA) if word in (one.key, one.email, one.name))

    async def attach(self, external_id: str, file: File) -> str:
        failure = self._ask("attach")
        if failure and not failure.may_have_happened:
            raise failure
        self.files.setdefault(external_id, []).append(file)
        if failure:
            raise failure
        return _address(external_id, file)

    async def find_file(self, external_id: str, mark: str) -> str:
        self._must("find file")
        return next((_address(external_id, one) for one in self.files.get(external_id, ()) if mark in one.name), "")

    async def close(self) -> None:
        """Nothing is open."""

    # What other people do there.

    def make(self, title: str) -> Issue:
        return self._keep(self._issue(title, ANA))

    def change(self, external_id: str, **new: object) -> Issue:
        return self._keep(replace(self.issues[external_id], updated_at=self.now(), **new))  # type: ignore[arg-type]  # of dataclasses.replace

    def say(self, external_id: str, words: str) -> Comment:
        return self._comment(external_id, ANA, markdown.read(words), ())

    def rewrite(self, external_id: str, comment_id: str, body: Document) -> Comment:
        comments = self.comments[external_id]
        place = next(place for place, one in enumerate(comments) if one.external_id == comment_id)
        comments[place] = replace(comments[place], body=body, updated_at=self.now())
        return comments[place]

    def erase(self, external_id: str, comment_id: str) -> None:
        self.comments[external_id] = [one for one in self.comments[external_id] if one.external_id != comment_id]

    def said(self, external_id: str) -> list[str]:
        """List the comments as raw text."""
        return [markdown.write(one.body) for one in self.comments.get(external_id, ())]

    def _issue(self, title: str, author: Account, **more: object) -> Issue:
        self.ids += 1
        usual = {"state": IssueState.OPEN, "state_raw": "open", "updated_at": self.now(), "created_at": self.now()}
        key, url = f"{PROJECT}#{self.ids}", f"https://paper.example/web/{self.ids}"
        return Issue(str(self.ids), PROJECT, key, url, title, author=author, **{**usual, **more})  # type: ignore[arg-type]  # as above

    def _keep(self, issue: Issue) -> Issue:
        self.issues[issue.external_id] = issue
        return issue

    def _comment(self, external_id: str, author: Account, body: Document, markers: tuple[str, ...]) -> Comment:
        self.ids += 1
        now = self.now()
        comment = Comment(
            str(self.ids), external_id, PROJECT, author, body, now, now, markers=markers, by_us=author is US
        )
        self.comments.setdefault(external_id, []).append(comment)
        return comment

    def _ask(self, what: str) -> TrackerError | None:
        self.calls.append(what)
        if what.partition(" ")[0] == self.refuses:
            return REFUSED
        return self.failures.pop(0) if self.failures else None

    def _must(self, what: str) -> None:
        failure = self._ask(what)
        if failure:
            raise failure


def _address(external_id: str, file: File) -> str:
    return f"https://paper.example/web/{external_id}/{file.name}"
