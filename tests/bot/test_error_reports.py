"""Sentry hears of our errors, and not of what people wrote."""

import gzip
import http.server
import logging
import threading
from collections.abc import Iterator

import pytest
import sentry_sdk

from bot import error_reports

SECRET_WORDS = "the customer's own words"


class _Receiver(http.server.BaseHTTPRequestHandler):
    bodies: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[bytes]]]:
    """A server that keeps what it is sent; its DSN and what it got."""
    bodies: list[bytes] = []
    receiver = type("Receiver", (_Receiver,), {"bodies": bodies})
    with http.server.HTTPServer(("127.0.0.1", 0), receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", bodies
        sentry_sdk.get_client().close(timeout=2)
        sentry_sdk.get_global_scope().set_client(None)
        server.shutdown()
        thread.join()


def test_error_is_reported_without_what_people_wrote(sentry: tuple[str, list[bytes]]) -> None:
    dsn, bodies = sentry
    error_reports.send_to(dsn)

    _fail(SECRET_WORDS)
    sentry_sdk.flush(timeout=5)

    sent = b"".join(bodies).decode()
    assert "ZeroDivisionError" in sent
    assert SECRET_WORDS not in sent


def _fail(words: str) -> None:
    try:
        len(words) / 0
    except ZeroDivisionError:
        logging.getLogger("handlers.errors").exception("handler_failed")
