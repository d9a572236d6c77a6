import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from integrations.http import Http, HttpError, Request
from integrations.trackers.base import IssueChange, TrackerError
from integrations.trackers.github.access import AppAccess, AppKey, Installation
from integrations.trackers.github.repository import GitHubRepository
from integrations.trackers.github.standing import app_problems
from storage.models import IssueState
from tests.integrations.trackers.acting import draft
from tests.integrations.trackers.github.recorded import PROJECT
from tests.integrations.trackers.stage_github import app_values, make_tracker, server
from tests.rigs.github_gate import APP, open_gate

BEGIN = "-----BEGIN RSA PRIVATE KEY-----"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class GitHub:
    """Gives installation tokens that hold for an hour, and takes only the newest."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.given = 0
        self.status = 201

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/access_tokens"):
            is_known = request.headers["authorization"] == f"Bearer ghs_{self.given}"
            return httpx.Response(200 if is_known else 401, json={})
        await asyncio.sleep(0.01)
        self.given += 1
        expires_at = (self.clock.now + timedelta(hours=1)).isoformat()
        return httpx.Response(self.status, json={"token": f"ghs_{self.given}", "expires_at": expires_at})


@pytest.fixture
def github(clock) -> GitHub:
    return GitHub(clock)


@pytest.fixture
def repository(github, key, clock) -> GitHubRepository:
    transport = httpx.MockTransport(github)
    signed = AppKey("4711", pem(key), clock)
    access = AppAccess(Http("https://api.github.com", signed.headers, transport=transport, now=clock), "815", clock)
    return GitHubRepository(
        Http("https://api.github.com", access.headers, transport=transport, now=clock), access, PROJECT
    )


def test_app_says_who_it_is_when_it_signs(key, clock):
    header, claims, signature = AppKey(" 4711 ", pem(key).replace("\n", "\\n"), clock).token().split(".")

    key.public_key().verify(part(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    now = int(clock.now.timestamp())
    assert json.loads(part(header)) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(part(claims)) == {"iat": now - 60, "exp": now + 480, "iss": "4711"}


@pytest.mark.parametrize(
    "given", ["", "canary", "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----"]
)
def test_key_is_refused_without_showing_it_when_it_is_none(given, clock):
    with pytest.raises(ValueError, match="GITHUB_APP_PRIVATE_KEY is no RSA private key") as refused:
        AppKey("4711", given, clock)

    assert "canary" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_key_is_refused_when_it_is_of_another_kind(clock):
    with pytest.raises(ValueError, match="GITHUB_APP_PRIVATE_KEY is no RSA private key"):
        AppKey("4711", pem(ec.generate_private_key(ec.SECP256R1())), clock)


async def test_one_token_is_fetched_when_twenty_ask_at_once(repository, github):
    answers = await asyncio.gather(*[repository.ask(Request("GET", "x")) for _one in range(20)])

    assert {answer.status for answer in answers} == {200}
    assert github.given == 1


async def test_new_token_is_fetched_when_the_old_one_is_about_to_run_out(repository, github, clock):
    await repository.ask(Request("GET", "x"))
    clock.leap(timedelta(minutes=54))
    await repository.ask(Request("GET", "x"))
    assert github.given == 1

    clock.leap(timedelta(minutes=2))
    await repository.ask(Request("GET", "x"))

    assert github.given == 2


async def test_new_token_is_fetched_when_the_old_one_was_taken_back(repository, github):
    await repository.ask(Request("GET", "x"))
    github.given = 10

    answer = await repository.ask(Request("POST", "x"))

    assert answer.status == 200
    assert github.given == 11


async def test_nothing_has_happened_when_there_is_no_token_to_be_had(repository, github):
    github.status = 502

    with pytest.raises(HttpError) as refused:
        await repository.ask(Request("POST", "x"))

    assert (refused.value.retryable, refused.value.may_have_happened) == (True, False)


@pytest.fixture(scope="module")
def running():
    with server() as running:
        yield running


@pytest.mark.scenario
async def test_app_makes_and_moves_an_issue_as_itself(running, services):
    headers = {"Authorization": "Bearer ghp_bob"}
    async with open_gate(running.github) as gate, aiohttp.ClientSession(gate.url, headers=headers) as http:
        await http.post("/orgs/acme/repos", json={"name": "by-app"})
        values = app_values(gate, running)
        tracker = make_tracker(services.database, lambda: datetime.now(UTC), "acme/by-app", values)

        standing = await tracker.check()
        issue = await tracker.create_issue(draft())
        found = await tracker.find_by_marker(draft().marker)
        moved = await tracker.update_issue(issue.external_id, IssueChange(state=IssueState.DONE))
        await tracker.close()

    assert (standing.account, standing.project, standing.problems) == ("acme-liaison[bot]", "acme/by-app", ())
    assert issue.author.key == "acme-liaison[bot]"
    assert [one.external_id for one in found] == [issue.external_id]
    assert moved.state is IssueState.DONE
    assert gate.count("POST .*/access_tokens") == 1


@pytest.mark.scenario
@pytest.mark.parametrize("wrong", ["GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_ID", "GITHUB_APP_INSTALLATION_ID"])
async def test_app_is_refused_in_words_when_what_belongs_together_does_not(running, services, key, wrong):
    async with open_gate(running.github) as gate:
        values = {**app_values(gate, running), wrong: pem(key) if wrong == "GITHUB_APP_PRIVATE_KEY" else "1"}
        tracker = make_tracker(services.database, lambda: datetime.now(UTC), "acme/by-app", values)

        standing = await tracker.check()
        with pytest.raises(TrackerError) as refused:
            await tracker.create_issue(draft())
        await tracker.close()

    assert standing.problems[0].startswith("GitHub refused the App's key.")
    assert (refused.value.retryable, refused.value.may_have_happened) == (False, False)


@pytest.mark.parametrize(
    ("installation", "problems"),
    [
        ({"permissions": APP["permissions"]}, []),
        (
            {"permissions": {**APP["permissions"], "issues": "read"}},
            ["The GitHub App lacks the permission issues: write. Give it that, and accept it for the installation."],
        ),
        (
            {"permissions": APP["permissions"], "suspended_at": "2026-11-23T09:00:00Z"},
            ["The GitHub App's installation is suspended. Unsuspend it in the organisation's settings."],
        ),
    ],
)
def test_standing_says_what_the_app_was_not_allowed(installation, problems):
    assert app_problems(Installation.model_validate(installation)) == problems
