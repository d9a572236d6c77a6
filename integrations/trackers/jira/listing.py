"""Lists all issues of a project, for import."""

from pydantic import BaseModel, ValidationError

from integrations.exchange import HttpError
from integrations.trackers.base import IssuePage
from integrations.trackers.jira.payloads import RawCount
from integrations.trackers.jira.site import JiraSite, parsed


class Cursor(BaseModel):
    """Where the list goes on, and how many issues there are in all."""

    page: str
    total: int = 0


async def list_page(site: JiraSite, cursor: str) -> IssuePage:
    """Read a page of all issues, the oldest first.

    Raises:
        HttpError: Jira does not answer, or this is no cursor of ours.
    """
    try:
        here = Cursor.model_validate_json(cursor) if cursor else Cursor(page="")
    except ValidationError:
        raise HttpError("where the list ended is not readable") from None
    jql = f'project = "{site.project}"'
    found = await site.search(f"{jql} ORDER BY created ASC, key ASC", here.page)
    total = found.total or here.total or await _count(site, jql)
    reading = await site.reading()
    onward = Cursor(page=found.page, total=total).model_dump_json() if found.page else ""
    return IssuePage(tuple(reading.issue(raw) for raw in found.issues), onward, total)


async def _count(site: JiraSite, jql: str) -> int:
    """Ask Cloud about how many there are, which its search does not say."""
    if not site.flavour.is_cloud:
        return 0
    return parsed(RawCount, await site.ask("search/approximate-count", {"jql": jql})).count
