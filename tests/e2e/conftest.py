"""Whether the pictures of the documentation are taken anew."""

import pytest


@pytest.fixture
def keep_pictures(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--pictures"))
