"""Addresses of GitHub: of its API, of its pages, and of an issue in them."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from integrations.trackers.base import IssueAddress

API_URL = "https://api.github.com/"
# https://docs.github.com/en/organizations: names of accounts hold letters, digits and hyphens.
PROJECT = r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}"
_ISSUE_PATH = re.compile(rf"/({PROJECT.replace('$', '/')})/issues/(\d{{1,12}})/?")


def page_host(api_url: str) -> str:
    """Give the host of the pages that people see: the API of github.com has a host of its own."""
    host = urlsplit(api_url or API_URL).netloc.lower()
    # GitHub Enterprise Cloud with data residency is at api.NAME.ghe.com.
    return host.removeprefix("api.") if host == "api.github.com" or host.endswith(".ghe.com") else host


def read_url(url: str, values: Mapping[str, str]) -> IssueAddress | None:
    """Read the address of an issue's page, whatever part of the page it points to."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != page_host(values.get("GITHUB_API_URL", "")):
        return None
    found = _ISSUE_PATH.fullmatch(parts.path)
    return IssueAddress(found[1], found[2]) if found else None
