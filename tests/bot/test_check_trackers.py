"""What `liaison check` says of trackers: set up or not, reachable or not, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from bot.check import Mark
from bot.check_trackers import check_trackers
from bot.config import Config, Mode
from bot.routing.load import load_settings
from bot.routing.settings import Settings

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


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"message": "Bad credentials"}')

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def refusing_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Refusing)
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
    with refusing_server() as url:
        given = config(tmp_path, GITHUB_TOKEN="ghp_0123456789", GITHUB_API_URL=url)
        (found,) = await check_trackers(given, settings())

    assert (found.mark, found.subject) == (Mark.WRONG, "GitHub acme/web")
    assert "GITHUB_TOKEN" in found.text
    assert "ghp_0123456789" not in found.text


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
