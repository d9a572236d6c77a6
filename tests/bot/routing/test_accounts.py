"""Whose account in a tracker something is."""

from dataclasses import replace

from bot.routing import accounts
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from storage import people
from storage.database import WorkspaceSession
from tests.conftest import SETTINGS, read

PEOPLE = "people:\n  U0BO: {accounts: {github: bo-acme}}\n"


async def owner(services: Services, account: str) -> str:
    """Give the name of who has an account: Bo by the settings, Ana as was learnt of her."""
    settings = load_settings(SETTINGS + PEOPLE, "liaison.yaml")
    named = replace(services, in_force=InForce(settings))

    def meet(session: WorkspaceSession) -> None:
        people.meet(session, "U0BO", "Bo Nilsson")
        ana = people.meet(session, "U0ANA", "Ana Lima")
        ana.email, ana.tracker_accounts = "ana@acme.example", {"github": "ana"}
        session.add(ana)

    await services.database.write(services.workspace, meet)
    found = await read(named, lambda session: accounts.owner_of(session, settings, "github", account))
    return found.name if found else ""


async def test_settings_say_whose_it_is_whatever_its_case(services: Services) -> None:
    assert await owner(services, "Bo-Acme") == "Bo Nilsson"


async def test_what_was_learnt_says_it_when_the_settings_do_not(services: Services) -> None:
    assert await owner(services, "ana") == "Ana Lima"


async def test_nobody_has_it_when_nobody_knows(services: Services) -> None:
    assert await owner(services, "stranger") == ""
