"""What `liaison check` says of trackers: set up or not, reachable or not, and what to do."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from bot.check import Mark
from bot.check_trackers import check_trackers
from bot.config import Config, Mode
from bot.routing.load import load_settings
from bot.routing.settings import Settings
from tests.integrations.trackers.redmine.recorded import payload as redmine_payload
from tests.rigs.figma_server import TOKEN, running_figma

SETTINGS = """
version: 1
teams: {web: {channel: C0WEB, people: [U0ANA]}}
components: {search: {owner: web}}
tracker: {github: acme/web}
"""


def settings(text: str = SETTINGS) -> Settings:
    return load_settings(text, "liaison.yaml")


def config(folder: Path, **more: str) -> Config:
    return Config.from_environment({"DATABASE_URL": f"sqlite:///{folder}/liaison.db", **more}, mode=Mode.OFFLINE)


REDMINE = {
    "/users/current.json": "current",
    "/projects/web.json": "project",
    "/roles/3.json": "role",
    "/issue_statuses.json": "statuses",
    "/trackers.json": "trackers",
}
GITLAB = {
    "/api/v4/user": {"id": 2, "username": "liaison", "name": "Liaison"},
    "/api/v4/projects/acme%2Fweb": {
        "path_with_namespace": "acme/web",
        "permissions": {"project_access": {"access_level": 30}, "group_access": None},
    },
    "/api/v4/personal_access_tokens/self": {"scopes": ["api"]},
}


class _Answering(BaseHTTPRequestHandler):
    """Gives the answers it was made with, and refuses the token where there are none."""

    answers: Mapping[str, object] = {}

    def do_GET(self) -> None:
        answer = self.answers.get(self.path.partition("?")[0])
        self.send_response(401 if answer is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer or {"message": "Bad credentials"}).encode())

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def answering_server(answers: Mapping[str, object]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), type("Answering", (_Answering,), {"answers": answers}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_variable_is_named_when_the_settings_use_a_tracker_that_is_not_set_up(tmp_path: Path) -> None:
    (found,) = await check_trackers(config(tmp_path), settings())

    assert (found.mark, found.subject) == (Mark.WRONG, "GitHub acme/web")
    assert "GITHUB_TOKEN" in found.text


async def test_refused_token_is_said_when_tracker_does_not_take_it(tmp_path: Path) -> None:
    with answering_server({}) as url:
        given = config(tmp_path, GITHUB_TOKEN="ghp_0123456789", GITHUB_API_URL=url)
        (found,) = await check_trackers(given, settings())

    assert (found.mark, found.subject) == (Mark.WRONG, "GitHub acme/web")
    assert "GITHUB_TOKEN" in found.text
    assert "ghp_0123456789" not in found.text


async def test_lack_is_named_when_the_tracker_works_all_the_same(tmp_path: Path) -> None:
    answers = {path: redmine_payload(name) for path, name in REDMINE.items()}
    with answering_server(answers) as url:
        given = config(tmp_path, REDMINE_URL=url, REDMINE_API_KEY="0123456789")
        (found,) = await check_trackers(given, settings(SETTINGS.replace("github: acme/web", "redmine: web")))

    assert (found.mark, found.subject) == (Mark.OK, "Redmine web")
    words = "issues can be made and changed; it has no labels, so severities are not seen there"
    assert found.text == f"signed in as liaison; {words}"


async def test_nothing_is_said_to_be_lacking_when_nothing_is(tmp_path: Path) -> None:
    with answering_server(GITLAB) as url:
        given = config(tmp_path, GITLAB_URL=url, GITLAB_TOKEN="glpat-0123456789")
        (found,) = await check_trackers(given, settings(SETTINGS.replace("github: acme/web", "gitlab: acme/web")))

    assert (found.mark, found.subject) == (Mark.OK, "GitLab acme/web")
    assert found.text == "signed in as liaison; issues can be made and changed"


async def test_unreachable_tracker_is_said_when_nothing_listens(tmp_path: Path) -> None:
    given = config(tmp_path, GITHUB_TOKEN="ghp_0123456789", GITHUB_API_URL="http://127.0.0.1:9/")
    (found,) = await check_trackers(given, settings())

    assert found.mark is Mark.WRONG
    assert "GitHub" in found.text


async def test_tracker_is_noted_when_set_up_and_named_by_no_setting(tmp_path: Path) -> None:
    given = config(tmp_path, GITHUB_TOKEN="ghp_0123456789")
    (found,) = await check_trackers(given, settings(SETTINGS.replace("tracker: {github: acme/web}\n", "")))

    assert (found.mark, found.subject) == (Mark.NOTE, "GitHub")
    assert "tracker: {github:" in found.text


async def test_nothing_is_said_when_issues_stay_in_liaison(tmp_path: Path) -> None:
    found = await check_trackers(config(tmp_path), settings(SETTINGS.replace("tracker: {github: acme/web}\n", "")))

    assert found == []


FIGMA = SETTINGS.replace("tracker: {github: acme/web}", "figma: {files: {aBcD1234efGH5678: search}}")


async def test_file_in_figma_is_named_when_all_of_it_can_be_read(tmp_path: Path) -> None:
    async with running_figma() as figma:
        figma.make_file("aBcD1234efGH5678", "Shop")
        given = config(tmp_path, FIGMA_TOKEN=TOKEN, FIGMA_API_URL=figma.url)

        (found,) = await check_trackers(given, settings(FIGMA))

    assert (found.mark, found.subject) == (Mark.OK, "Figma aBcD1234efGH5678")
    assert found.text == "“Shop”: comments and frames can be read"


async def test_variable_is_named_when_the_settings_use_figma_and_it_is_not_set_up(tmp_path: Path) -> None:
    (found,) = await check_trackers(config(tmp_path), settings(FIGMA))

    assert (found.mark, found.subject) == (Mark.WRONG, "Figma aBcD1234efGH5678")
    assert found.text == "Figma is not set up: set FIGMA_TOKEN, then start Liaison again."


async def test_figma_is_noted_when_it_is_set_up_and_the_settings_name_no_file(tmp_path: Path) -> None:
    given = config(tmp_path, FIGMA_TOKEN=TOKEN)

    (found,) = await check_trackers(given, settings(SETTINGS.replace("tracker: {github: acme/web}\n", "")))

    assert (found.mark, found.subject) == (Mark.NOTE, "Figma")
    assert "figma: {files: {" in found.text
