"""What Redmine says of us: whether the key works, the project is there, and which permission our role lacks."""

from integrations.exchange import HttpError
from integrations.trackers.base import Standing, TrackerError, told
from integrations.trackers.redmine.payloads import RawProject, RawRole, RawUser
from integrations.trackers.redmine.server import RedmineServer, parsed

TITLE = "Redmine"
_ACTIVE = 1
# As Redmine's page of roles calls them.
_PERMISSIONS = {
    "view_issues": "View Issues",
    "add_issues": "Add issues",
    "edit_issues": "Edit issues",
    "add_issue_notes": "Add notes",
    "edit_own_issue_notes": "Edit own notes",
    "manage_issue_relations": "Manage issue relations",
}


async def standing(server: RedmineServer) -> Standing:
    """Ask who we are, for the project, and what our roles in it allow; changes nothing.

    Raises:
        TrackerError: Redmine cannot be asked now.
    """
    try:
        with told(TITLE, "asking who we are"):
            us = parsed(RawUser, await server.get("users/current.json", include="memberships"), "user")
    except TrackerError as error:
        if error.retryable:
            raise
        return Standing("", server.project, (f"{error} Its REST interface must be switched on, too.",))
    with told(TITLE, "looking at the project"):
        try:
            project = await server.read_project()
        except HttpError as error:
            if error.status not in {403, 404}:
                raise
            problem = (
                f"Redmine has no project {server.project}, or does not show it to {us.login}. "
                f"Check its identifier, and add {us.login} to it."
            )
            return Standing(us.login, server.project, (problem,))
        problems = [*_project_problems(project), *await _role_problems(server, us, project)]
    return Standing(us.login, server.project, tuple(problems))


def _project_problems(project: RawProject) -> list[str]:
    problems = []
    if project.status != _ACTIVE:
        problems.append(
            f"The project {project.identifier} is closed or archived, so that nothing can be written there."
        )
    modules = project.enabled_modules
    if modules is not None and "issue_tracking" not in {module.name for module in modules}:
        problems.append(f"Issues are switched off in {project.identifier}. Switch on its module Issue tracking.")
    if not project.trackers:
        problems.append(f"{project.identifier} has no tracker, such as Bug. Choose one in its settings.")
    return problems


async def _role_problems(server: RedmineServer, us: RawUser, project: RawProject) -> list[str]:
    """Name the permissions that none of our roles has."""
    if us.admin:
        return []
    ours = [membership for membership in us.memberships if membership.project.id == project.id]
    if not ours:
        return [f"{us.login} is no member of {project.identifier}. Add it, with a role that may edit issues."]
    allowed: set[str] = set()
    for role in {role.id for membership in ours for role in membership.roles}:
        allowed |= set(parsed(RawRole, await server.get(f"roles/{role}.json"), "role").permissions)
    allowed |= {"edit_own_issue_notes"} if "edit_issue_notes" in allowed else set()
    lacking = [name for key, name in _PERMISSIONS.items() if key not in allowed]
    if not lacking:
        return []
    return [f"{us.login}'s role in {project.identifier} lacks: {', '.join(lacking)}. Tick them for this role."]
