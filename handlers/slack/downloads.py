"""Reading a file of Slack with the bot's token: from Slack's own servers only, and not more than may be copied."""

import re
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.web.async_client import AsyncWebClient

from bot.triage.files import MOST_BYTES, NotGiven
from handlers.slack.web_api import SlackDown, call
from integrations.exchange import Answer, HttpError, Request
from integrations.http import Http
from integrations.trackers.base import File
from storage.queue import GiveUp, RetryLater

# Whose servers are given the token, besides the one of SLACK_API_URL.
_HOSTS = ("slack.com", "slack-edge.com")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_MIB = 1024 * 1024
_NO_SCOPE = (
    "Liaison may not read files: files:read is missing. Whoever runs Liaison installs the app again from"
    " `liaison manifest`, then calls `liaison queue retry`."
)
_GONE = "it is not in Slack any more."
_ELSEWHERE = "it is kept by another service than Slack."
_NOT_SHOWN = "Slack does not show it to Liaison."


async def download(client: AsyncWebClient, slack_file_id: str) -> File:
    """Read a file, without making it public.

    Raises:
        NotGiven: Slack does not give it, or it is too large; the text says so.
        RetryLater: Slack said when to come again.
        SlackDown: it may be read later.
    """
    known = await _about(client, slack_file_id)
    size = int(known.get("size") or 0)
    if size > MOST_BYTES:
        raise NotGiven(f"it has {size / _MIB:.1f} MiB, and files of at most {MOST_BYTES // _MIB} MiB are copied.")
    address = str(known.get("url_private_download") or known.get("url_private") or "")
    if known.get("is_external") or not is_slacks(address, client.base_url):
        raise NotGiven(_ELSEWHERE if address else _GONE)
    answer = await _read(address, client.token or "")
    media_type = str(known.get("mimetype") or "")
    if _is_sign_in_page(answer, media_type, size):
        raise NotGiven(_NO_SCOPE, mendable=True)
    is_plain = _MEDIA_TYPE.fullmatch(media_type) is not None
    return File(str(known.get("name") or "file"), answer.body, media_type if is_plain else "application/octet-stream")


def is_slacks(address: str, api_url: str) -> bool:
    """Say whether an address is one of Slack's servers, or of the server that stands in for it."""
    url, api = urlsplit(address), urlsplit(api_url)
    if (url.scheme, url.netloc) == (api.scheme, api.netloc):
        return True
    hosts = (*_HOSTS, api.hostname or _HOSTS[0])
    is_known = any(url.hostname == host or (url.hostname or "").endswith(f".{host}") for host in hosts)
    # A port or a user before the name is nothing that Slack's addresses have.
    return is_known and url.scheme == "https" and url.netloc.lower() == url.hostname


async def _about(client: AsyncWebClient, slack_file_id: str) -> dict[str, Any]:
    """Ask what Slack knows of a file now: a message may name less of it, or what was true then."""
    try:
        answer = await call(client, "files.info", {"file": slack_file_id})
    except GiveUp as refusal:
        match str(refusal):
            case "missing_scope":
                raise NotGiven(_NO_SCOPE, mendable=True) from refusal
            case "file_not_found" | "file_deleted":
                raise NotGiven(_GONE) from refusal
            case "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked":
                raise
        raise NotGiven(_NOT_SHOWN) from refusal
    return dict(answer.get("file") or {})


async def _read(address: str, token: str) -> Answer:
    url = urlsplit(address)
    # Its own headers: what is read is no JSON, and the length of what was packed would tell nothing.
    headers = {"Authorization": f"Bearer {token}", "Accept": "*/*", "Accept-Encoding": "identity"}
    http = Http(f"{url.scheme}://{url.netloc}/", headers, most_bytes=MOST_BYTES)
    try:
        return await http.ask(Request("GET", address))
    except HttpError as error:
        raise _meaning(error) from error
    finally:
        await http.close()


def _meaning(error: HttpError) -> Exception:
    if error.retryable:
        return RetryLater(error.retry_after) if error.retry_after else SlackDown(f"file: {error}")
    if error.status in {404, 410}:
        return NotGiven(_GONE)
    # Without the scope Slack leads to its sign-in page, on another server.
    if error.status in {None, 401, 403}:
        return NotGiven(_NO_SCOPE, mendable=True)
    return NotGiven(_NOT_SHOWN)


def _is_sign_in_page(answer: Answer, media_type: str, size: int) -> bool:
    """Say whether a page came instead of the file: Slack's answer to a token without the scope is 200, and HTML."""
    is_page = answer.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/html"
    return is_page and (media_type != "text/html" or len(answer.body) != size)
