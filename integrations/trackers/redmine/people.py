"""The people of a project: only its members can be given issues."""

from urllib.parse import quote

from integrations.exchange import HttpError
from integrations.trackers.base import Account
from integrations.trackers.redmine.payloads import RawMemberships, RawName, RawUser, RawUsers
from integrations.trackers.redmine.server import PAGE, RedmineServer, parsed

MOST_MEMBERS = 300
MOST_FOUND = 20


async def find_members(server: RedmineServer, word: str) -> tuple[Account, ...]:
    """Find members by name, login or e-mail address, as far as Redmine shows them to us."""
    wanted = word.strip().casefold()
    if not wanted:
        return ()
    members = await _members(server)
    known = await _search(server, wanted)
    if known is not None:
        return tuple(user.account() for user in known if user.id in members)[:MOST_FOUND]
    named = [one for one in members.values() if wanted in one.name.casefold()]
    found = []
    # Logins and addresses must be asked for one by one.
    for member in named or members.values():
        user = await _person(server, member)
        if any(wanted in text.casefold() for text in (member.name, user.login, user.mail)):
            found.append(user.account())
    return tuple(found[:MOST_FOUND])


async def _search(server: RedmineServer, word: str) -> tuple[RawUser, ...] | None:
    """Search all people, which only administrators may; None if we are none."""
    if not (await server.me()).admin:
        return None
    return parsed(RawUsers, await server.get("users.json", name=word, limit=PAGE)).users


async def _members(server: RedmineServer) -> dict[int, RawName]:
    """Give the members by their number, but for groups."""
    found: dict[int, RawName] = {}
    path = f"projects/{quote(server.project, safe='')}/memberships.json"
    for offset in range(0, MOST_MEMBERS, PAGE):
        page = parsed(RawMemberships, await server.get(path, limit=PAGE, offset=offset)).memberships
        found |= {one.user.id: one.user for one in page if one.user}
        if len(page) < PAGE:
            break
    return found


async def _person(server: RedmineServer, member: RawName) -> RawUser:
    """Read a person; by name only where Redmine does not show them to us."""
    try:
        return await server.person(str(member.id))
    except HttpError as error:
        if error.status not in {403, 404}:
            raise
        return RawUser(id=member.id, firstname=member.name)
