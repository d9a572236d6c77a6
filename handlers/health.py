"""Two addresses that tell an orchestrator whether to keep this process and whether to send it work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Health:
    """What a look at the parts found; anyone may read `problems`, so they hold fixed words and no ids."""

    ok: bool
    problems: tuple[str, ...] = ()


def routes(ready: Callable[[], Health], live: Callable[[], Health] = lambda: Health(ok=True)) -> list[Route]:
    """Return the routes `/health/live` and `/health/ready`, which answer 200, or 503 with the problems.

    Both functions run on the event loop and must not wait. Without `live`, an answer at all means alive.
    """
    return [
        Route("/health/live", _endpoint(live), methods=["GET"]),
        Route("/health/ready", _endpoint(ready), methods=["GET"]),
    ]


def _endpoint(look: Callable[[], Health]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        health = look()
        return JSONResponse(
            {"ok": health.ok, "problems": list(health.problems)},
            status_code=200 if health.ok else 503,
            headers={"cache-control": "no-store"},
        )

    return answer
