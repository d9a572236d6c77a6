"""The people and channels of the demo workspace, as the local Slack server reads them."""

from dataclasses import dataclass

import yaml

from bot.demo.server import APP_TOKEN, BOT_TOKEN

TEAM_ID = "T0ACME"
BOT_USER_ID = "U0BOT"


@dataclass(frozen=True)
class Person:
    """Somebody in the demo workspace; `role` is what they do in the example team."""

    id: str
    name: str
    real_name: str
    role: str
    zone: str = "Europe/Berlin"


@dataclass(frozen=True)
class Channel:
    """A channel of the demo workspace, of which everybody is a member."""

    id: str
    name: str
    purpose: str


PEOPLE = (
    Person("U0ANA", "ana", "Ana Lima", "pm"),
    Person("U0BO", "bo", "Bo Nilsson", "engineer"),
    Person("U0CLEO", "cleo", "Cleo Marchetti", "designer"),
    Person("U0DEV", "dev", "Dev Patel", "qa"),
    Person("U0EVE", "eve", "Eve Okafor", "support", "Europe/London"),
    Person("U0FINN", "finn", "Finn Baker", "lead", "America/New_York"),
)

CHANNELS = (
    Channel("C0QA", "qa", "What is ready to verify, and what was found"),
    Channel("C0CHECKOUT", "checkout-bugs", "Reports about cart, payment and orders"),
    Channel("C0WEB", "web-bugs", "Reports about the web shop"),
    Channel("C0GENERAL", "general", "Everybody"),
    Channel("C0DESIGN", "design", "What waits for a designer, and what shipped that people see"),
    Channel("C0MARKETING", "marketing", "What may be told to customers, and what not yet"),
    Channel("C0ENG", "engineering", "What needs a decision, reviews that wait, and the numbers"),
    Channel("C0LEADS", "leads", "Health of the product, in few numbers"),
)


@dataclass(frozen=True)
class Message:
    """What somebody wrote in a channel before the demo began."""

    user: str
    channel: str
    text: str


# Something to put a 🎫 on, and something that asks to be left alone.
MESSAGES = (
    Message("U0FINN", "C0GENERAL", "📣 2.5.0 goes out on Thursday. Please have a look at what is fixed until then."),
    Message("U0EVE", "C0QA", "A customer says the order mail arrives twice when they pay by invoice."),
    Message("U0DEV", "C0QA", "On my tablet the basket icon covers the search field. Only when turned sideways."),
)


def workspace_config() -> str:
    """Return the demo workspace as the server's YAML file."""
    app = {
        "appId": "A0LIAISON",
        "botUserId": BOT_USER_ID,
        "botName": "liaison",
        "botToken": BOT_TOKEN,
        "appToken": APP_TOKEN,
        "signingSecret": "test-signing-secret",
        "mode": "socket",
    }
    members = [*(person.id for person in PEOPLE), BOT_USER_ID]
    content = {
        "workspace": {"name": "Acme", "domain": "acme", "teamId": TEAM_ID},
        "app": app,
        "users": [_user(person) for person in PEOPLE],
        "channels": [
            {"id": channel.id, "name": channel.name, "purpose": channel.purpose, "members": members}
            for channel in CHANNELS
        ],
    }
    return yaml.dump(content, sort_keys=False, default_flow_style=False, Dumper=_PlainDumper)


def email_of(person: Person) -> str:
    """Give a person's address, by which a tracker's account is known to be theirs."""
    return f"{person.name}@acme.example"


def _user(person: Person) -> dict[str, str]:
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "email": email_of(person),
        "tz": person.zone,
    }


class _PlainDumper(yaml.SafeDumper):
    """Writes every list out: the server's reader knows no YAML anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True
