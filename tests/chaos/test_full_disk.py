"""A disk that is full for a while: nothing is acknowledged and lost, and nobody has to restart anything."""

import errno
import random
import resource
import subprocess
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.bot_process import BotProcess
from tests.chaos.team import Team
from tests.scenarios.harness import Workspace

pytestmark = pytest.mark.chaos


class Disk:
    """A folder on a small disk of its own; where that may not be made, the process may not let files grow."""

    def __init__(self, folder: Path, *, is_own: bool) -> None:
        self.folder = folder
        self._is_own = is_own
        self._filler = folder / "filler"

    def fill(self, process: subprocess.Popen[bytes]) -> None:
        if not self._is_own:
            _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, most))
            return
        with self._filler.open("wb", buffering=0) as filler:
            while _wrote(filler):
                pass

    def free(self, process: subprocess.Popen[bytes]) -> None:
        if not self._is_own:
            _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
            return
        self._filler.unlink()


def _wrote(filler: FileIO) -> bool:
    try:
        return filler.write(bytes(4096)) > 0
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    is_own = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield Disk(folder, is_own=is_own)
    if is_own:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_nothing_is_acknowledged_and_lost_when_the_disk_is_full_for_a_while(
    bot: BotProcess, people: Workspace, disk: Disk
) -> None:
    bot.environment["DATABASE_URL"] = f"sqlite:///{disk.folder}/liaison.db"
    team = Team(people, random.Random(1))
    await bot.start()
    assert bot.process is not None
    await team.ticket()
    await bot.until_done()

    disk.fill(bot.process)
    for _ in range(3):
        await team.ticket()
    await people.command("eve", "/bug", "A form that cannot be saved", "qa")
    refused = await people.submit_view("eve")
    acked_while_full = [one for one in await _reactions(people) if one["acked"]][1:]
    disk.free(bot.process)
    accepted = await people.submit_view("eve")
    await people.wait_for(lambda: _has_cards(team, 5), timeout_s=60)
    await bot.until_done()

    assert acked_while_full == []
    assert "could not be saved" in str(refused.errors)
    assert (accepted.errors, accepted.modals) == ({}, [])
    assert set((await team.cards()).values()) == {1}
    assert await team.unanswered() == []
    assert (await people.deliveries())["lost"] == []
    assert bot.process.poll() is None
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]


async def _reactions(people: Workspace) -> list[dict[str, Any]]:
    return [one for one in (await people.deliveries())["deliveries"] if one["name"] == "reaction_added"]


async def _has_cards(team: Team, count: int) -> bool:
    return len(await team.cards()) == count
