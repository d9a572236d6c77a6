"""Packages from npm in a folder of the user's cache, fetched once."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.demo.install import default_cache


def fetched(packages: Mapping[str, str]) -> Path:
    """Return the folder that holds these packages by name, fetching these versions first if they are not there yet."""
    parts = [f"{package.rpartition('/')[2]}-{version}" for package, version in packages.items()]
    target = default_cache() / "-".join(parts)
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=target.parent) as name:
            work = Path(name) / "package"
            work.mkdir()
            wanted = [f"{package}@{version}" for package, version in packages.items()]
            npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", *wanted]
            subprocess.run(npm, cwd=work, check=True, capture_output=True, timeout=300)
            if not target.is_dir():
                shutil.move(work, target)
    return target / "node_modules"
