"""Whether the pictures of the documentation are taken anew."""

import importlib.util

import pytest

# The default suite is installed without a browser; `make e2e` brings it and then collects these.
collect_ignore_glob = [] if importlib.util.find_spec("playwright") else ["test_*.py"]


@pytest.fixture
def keep_pictures(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--pictures"))
