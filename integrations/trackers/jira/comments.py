"""Reads the comments of an issue."""

from integrations.trackers.jira.payloads import RawComment, RawComments
from integrations.trackers.jira.site import PAGE, JiraSite, parsed


async def read_comments(site: JiraSite, issue_id: str) -> list[RawComment]:
    """Read all comments, the oldest first, but for those that only some people may see."""
    found: list[RawComment] = []
    while True:
        wanted = {"startAt": len(found), "maxResults": PAGE, "orderBy": "created"}
        page = parsed(RawComments, await site.get(f"issue/{issue_id}/comment", **wanted))
        found += page.comments
        if not page.comments or len(found) >= page.total:
            return [comment for comment in found if comment.is_for_all]
