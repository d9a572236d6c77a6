"""What Jira says of us: whether the token works, the project is there, and which permissions we lack in it."""

from integrations.exchange import HttpError
from integrations.trackers.base import Standing, TrackerError, told
from integrations.trackers.jira.payloads import RawPermissions
from integrations.trackers.jira.site import JiraSite, parsed

TITLE = "Jira"
# https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions
_PERMISSIONS = {
    "BROWSE_PROJECTS": "Browse Projects",
    "CREATE_ISSUES": "Create Issues",
    "EDIT_ISSUES": "Edit Issues",
    "TRANSITION_ISSUES": "Transition Issues",
    "ASSIGN_ISSUES": "Assign Issues",
    "ADD_COMMENTS": "Add Comments",
    "EDIT_OWN_COMMENTS": "Edit Own Comments",
    "DELETE_OWN_COMMENTS": "Delete Own Comments",
    "CREATE_ATTACHMENTS": "Create Attachments",
    "LINK_ISSUES": "Link Issues",
}


async def standing(site: JiraSite) -> Standing:
    """Ask who we are, for the project, and what we may do in it; changes nothing.

    Raises:
        TrackerError: Jira cannot be asked now.
    """
    try:
        with told(TITLE, "asking who we are"):
            us = await site.who()
    except TrackerError as error:
        if error.retryable:
            raise
        return Standing("", site.project, (str(error),))
    account = us.email_address or us.display_name or us.key
    with told(TITLE, "looking at the project"):
        try:
            project = await site.read_project()
        except HttpError as error:
            if error.status not in {403, 404}:
                raise
            problem = (
                f"Jira has no project {site.project}, or does not show it to {account}. "
                f"Check its key, and give {account} access to it."
            )
            return Standing(account, site.project, (problem,))
        problems = await _lacking(site, account)
    if project.archived:
        problems.append(f"The project {site.project} is archived, so that nothing can be written there.")
    return Standing(account, site.project, tuple(problems))


async def _lacking(site: JiraSite, account: str) -> list[str]:
    wanted = {"projectKey": site.project, "permissions": ",".join(_PERMISSIONS)}
    allowed = parsed(RawPermissions, await site.get("mypermissions", **wanted)).permissions
    # Data Center gives all that there are, and calls some otherwise.
    lacking = [name for key, name in _PERMISSIONS.items() if key in allowed and not allowed[key].have]
    if not lacking:
        return []
    return [f"{account} lacks permissions in {site.project}: {', '.join(lacking)}. Give them to it in its role."]
