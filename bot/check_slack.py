"""The part of `liaison check` that asks Slack: the tokens, the scopes, the channels."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.app import web_client
from bot.check import Finding, Mark
from bot.config import Config
from bot.manifest import SCOPES
from bot.routing.settings import Settings

TIMEOUT_S = 10
PAGE = 200
# https://docs.slack.dev/reference/methods/auth.test: not in its body but among its headers.
SCOPES_HEADER = "x-oauth-scopes"
_BOT_TOKEN = "Copy the Bot User OAuth Token of your app again, or install the app first."  # noqa: S105 - says where
_APP_TOKEN = "Make one with connections:write under Basic Information > App-Level Tokens."  # noqa: S105 - says where
_REINSTALL = Finding(
    Mark.NOTE,
    "scopes",
    "Add what is missing under OAuth & Permissions, or paste `liaison manifest`; then reinstall the app.",
)
_FIXES = {
    "missing_scope": "Reinstall the app with the scopes named above.",
    "account_inactive": "The app was removed from the workspace: install it again.",
    "ratelimited": "Slack asks for a pause: try again in a minute.",
    "token_revoked": "Install the app again and copy the new token.",
}


class _Refused(Exception):
    """Slack's error code, or how the call failed; `answered` says which."""

    def __init__(self, error: str, *, answered: bool) -> None:
        super().__init__(error)
        self.error = error
        self.answered = answered


@dataclass(frozen=True)
class _Asked:
    """One run against Slack: the client for the bot token, and what the bot is called."""

    client: AsyncWebClient
    name: str


async def check_slack(config: Config, settings: Settings | None) -> list[Finding]:
    """Ask Slack about the tokens, the scopes and each channel of the settings."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session:
        client = web_client(config, session)
        try:
            who = await _ask(client, "auth.test")
        except _Refused as refusal:
            return [_wrong("SLACK_BOT_TOKEN", refusal, _BOT_TOKEN)]
        name = str(who.get("user") or "Liaison")
        findings = [Finding(Mark.OK, "Slack", f"{who.get('team')}, as @{name}"), *_scopes(who)]
        findings += [await check_socket_mode(config, client)] if config.slack_app_token else []
        if settings is not None:
            findings += await _channels(_Asked(client, name), settings)
    return findings


async def check_socket_mode(config: Config, client: AsyncWebClient) -> Finding:
    """Ask Slack for a Socket Mode connection, which is not used."""
    assert config.slack_app_token is not None
    # Slack takes this token in the header only.
    headers = {"Authorization": f"Bearer {config.slack_app_token.get_secret_value()}"}
    try:
        await _ask(client, "apps.connections.open", headers=headers)
    except _Refused as refusal:
        return _wrong("SLACK_APP_TOKEN", refusal, _APP_TOKEN)
    return Finding(Mark.OK, "Socket Mode", "opens")


def _scopes(who: AsyncSlackResponse) -> list[Finding]:
    header = who.headers.get(SCOPES_HEADER)
    if header is None:
        return [Finding(Mark.NOTE, "scopes", "this server does not say which it granted")]
    granted = {scope.strip() for scope in header.split(",")}
    missing = [
        Finding(Mark.WRONG, scope, f"scope missing: without it Liaison cannot {why}")
        for scope, why in SCOPES.items()
        if scope not in granted
    ]
    return [*missing, _REINSTALL] if missing else [Finding(Mark.OK, "scopes", f"all {len(SCOPES)} granted")]


async def _channels(asked: _Asked, settings: Settings) -> list[Finding]:
    try:
        references = await _references(asked, settings)
    except _Refused as refusal:
        return [_wrong("channels", refusal, "They could not be looked up.")]
    return [await _channel(asked, one) for one in references]


async def _references(asked: _Asked, settings: Settings) -> list[tuple[str, str | None]]:
    """Pair each channel of the settings with its id; None is a #name that Slack does not show."""
    names = set(settings.channel_names())
    ids = await _ids(asked.client, names) if names else {}
    return [(one, ids.get(one) if one in names else one) for one in settings.channels_named()]


async def _ids(client: AsyncWebClient, names: Set[str]) -> dict[str, str]:
    """Map the #names of channels to ids, page by page, until all of `names` are found."""
    found: dict[str, str] = {}
    options = {"types": "public_channel,private_channel", "exclude_archived": "true", "limit": PAGE, "cursor": ""}
    while True:
        answer = await _ask(client, "conversations.list", params=options)
        listed: list[dict[str, Any]] = answer.get("channels", [])
        found |= {f"#{channel.get('name')}": str(channel["id"]) for channel in listed}
        options["cursor"] = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not options["cursor"] or names <= found.keys():
            return found


async def _channel(asked: _Asked, reference: tuple[str, str | None]) -> Finding:
    shown, channel_id = reference
    invite = f"`/invite @{asked.name}` in it"
    absent = Finding(Mark.WRONG, shown, f"is not there. Create it or mend the settings; if it is private: {invite}.")
    if channel_id is None:
        return absent
    try:
        answer = await _ask(asked.client, "conversations.info", params={"channel": channel_id})
    except _Refused as refusal:
        return absent if refusal.error == "channel_not_found" else _wrong(shown, refusal, "It could not be looked up.")
    channel: dict[str, Any] = answer.get("channel") or {}
    subject = f"#{channel.get('name', shown.lstrip('#'))}"
    if channel.get("is_archived"):
        return Finding(Mark.WRONG, subject, "is archived. Unarchive it, or name another in the settings.")
    if not channel.get("is_member"):
        return Finding(Mark.WRONG, subject, f"Liaison is not in it: type {invite}.")
    return Finding(Mark.OK, subject, "Liaison is in it")


def _wrong(subject: str, refusal: _Refused, what_to_do: str) -> Finding:
    if not refusal.answered:
        return Finding(Mark.WRONG, "Slack", f"does not answer ({refusal.error}). Check the network and SLACK_API_URL.")
    fix = what_to_do if subject == "SLACK_APP_TOKEN" else _FIXES.get(refusal.error, what_to_do)
    return Finding(Mark.WRONG, subject, f"Slack refuses: {refusal.error}. {fix}".rstrip())


async def _ask(client: AsyncWebClient, method: str, **options: Any) -> AsyncSlackResponse:
    """Call a method; unlike the outbox's, the answer has headers, and nothing is logged or tried again."""
    try:
        return await client.api_call(method, **options)
    except SlackApiError as refusal:
        response = refusal.response
        error = response.get("error") if isinstance(getattr(response, "data", None), dict) else None
        if error:
            raise _Refused(str(error), answered=True) from None
        raise _Refused(f"HTTP {getattr(response, 'status_code', '')}".strip(), answered=False) from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError) as failure:
        raise _Refused(type(failure).__name__, answered=False) from None
