"""What people said of pairs of reports, in either order."""

from sqlmodel import select

from storage import verdicts
from storage.models import DuplicateVerdict
from tests.conftest import read, report


async def test_pair_is_refused_in_either_order_and_once(services):
    for title in ("First", "Second", "Third"):
        await report(services, title)

    def unit(session):
        for pair in ((2, 1), (1, 2), (3, 1)):
            verdicts.refuse(session, *pair, by_id=1, at=services.now())

    await services.database.write(services.workspace, unit)

    kept = await read(services, lambda session: session.exec(select(DuplicateVerdict)).all())
    assert [(one.report_id, one.other_id) for one in kept] == [(1, 2), (1, 3)]


async def test_verdict_is_gone_when_it_is_taken_back(services):
    for title in ("First", "Second"):
        await report(services, title)

    def unit(session):
        verdicts.refuse(session, 1, 2, by_id=1, at=services.now())
        verdicts.forget(session, 2, 1)
        verdicts.forget(session, 2, 1)

    await services.database.write(services.workspace, unit)

    assert await read(services, lambda session: verdicts.between(session, 1, 2)) is None


async def test_verdicts_of_another_workspace_are_not_seen(services):
    for title in ("First", "Second"):
        await report(services, title)
    await services.database.write(
        services.workspace, lambda session: verdicts.refuse(session, 1, 2, by_id=1, at=services.now())
    )

    seen = await services.database.read("T0OTHER", lambda session: verdicts.between(session, 1, 2))

    assert seen is None
    assert await read(services, lambda session: verdicts.between(session, 1, 2)) is not None
