"""Who we are at GitHub: a person's token, or the tokens that a GitHub App gets for its installation, an hour each."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import BaseModel, ValidationError

from integrations.http import Headers, Http, HttpError, Request

# https://docs.github.com/en/rest/about-the-rest-api/api-versions
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# A request that is on its way must not find its token run out.
EARLY = timedelta(minutes=5)
# GitHub takes no more than ten minutes, and none that begins later than its own clock shows.
# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
JWT_AGE = timedelta(minutes=1)
JWT_LIFE = timedelta(minutes=8)


class InstallationToken(BaseModel):
    """A token for an installation of the App."""

    token: str
    expires_at: datetime


class AppAccount(BaseModel):
    """The App as it knows itself."""

    slug: str


class Installation(BaseModel):
    """Where the App is installed, and what it was allowed there: {"issues": "write"}."""

    permissions: dict[str, str] = {}
    suspended_at: datetime | None = None


class Access(Protocol):
    """Gives the headers of a request."""

    async def headers(self) -> Headers:
        """Give the headers that say who we are.

        Raises:
            HttpError: there is no token to be had; the request itself has not happened.
        """

    def forget(self) -> bool:
        """Drop a token that was refused; say whether another one can be had."""

    async def close(self) -> None:
        """Close every connection."""


class TokenAccess:
    """One token, until somebody sets another one."""

    def __init__(self, token: str) -> None:
        self._headers = {**HEADERS, "Authorization": f"Bearer {token.strip()}"}

    async def headers(self) -> Headers:
        """Give the headers."""
        return self._headers

    def forget(self) -> bool:
        """Say that there is no other one."""
        return False

    async def close(self) -> None:
        """Do nothing: there is no connection."""


class AppAccess:
    """A GitHub App's installation: its token is fetched once for all who wait for it, and kept while it holds."""

    def __init__(self, app: Http, installation_id: str, now: Callable[[], datetime]) -> None:
        self.app = app
        self._installation_id = installation_id
        self._now = now
        self._token: InstallationToken | None = None
        self._fetching = asyncio.Lock()

    async def headers(self) -> Headers:
        """Give the headers, with a fresh token where the old one runs out."""
        async with self._fetching:
            if self._token is None or self._token.expires_at - self._now() < EARLY:
                self._token = await self._fetch()
            return {**HEADERS, "Authorization": f"Bearer {self._token.token}"}

    def forget(self) -> bool:
        """Drop the token; the next one is fetched."""
        self._token = None
        return True

    async def close(self) -> None:
        """Close the App's own connection."""
        await self.app.close()

    async def installation(self) -> Installation:
        """Ask what the App may do."""
        answer = await self.app.ask(Request("GET", f"app/installations/{self._installation_id}"))
        return Installation.model_validate(answer.json())

    async def login(self) -> str:
        """Ask what the App's own account is called."""
        answer = await self.app.ask(Request("GET", "app"))
        return f"{AppAccount.model_validate(answer.json()).slug}[bot]"

    async def _fetch(self) -> InstallationToken:
        path = f"app/installations/{self._installation_id}/access_tokens"
        try:
            # A token too many does no harm, so this is no write.
            answer = await self.app.ask(Request("POST", path, is_write=False))
            return InstallationToken.model_validate(answer.json())
        except ValidationError:
            raise HttpError("GitHub gave no token for the App", retryable=True) from None


class AppKey:
    """Signs what the App says of itself.

    Raises:
        ValueError: this is no RSA private key in PEM.
    """

    def __init__(self, app_id: str, private_key: str, now: Callable[[], datetime]) -> None:
        self._app_id = app_id.strip()
        self._now = now
        self._key = _read_key(private_key)

    async def headers(self) -> Headers:
        """Give the headers for the App itself."""
        return {**HEADERS, "Authorization": f"Bearer {self.token()}"}

    def token(self) -> str:
        """Make a JSON web token (RS256) that holds for some minutes."""
        now = self._now()
        claims = {
            "iat": int((now - JWT_AGE).timestamp()),
            "exp": int((now + JWT_LIFE).timestamp()),
            "iss": self._app_id,
        }
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        signed = b".".join(map(_base64url, parts))
        signature = self._key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return (signed + b"." + _base64url(signature)).decode()


def _read_key(private_key: str) -> rsa.RSAPrivateKey:
    # In a file of variables a key stands on one line, with \n for its line breaks.
    text = private_key.strip().replace("\\n", "\n")
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(
            "GITHUB_APP_PRIVATE_KEY is no RSA private key. Download one from the App's page, and give the whole "
            "file with its BEGIN and END lines."
        ) from None
    return key


def _base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
