"""Reports of Liaison's own errors to Sentry, for installations that set SENTRY_DSN; off otherwise."""

from importlib.util import find_spec


class SentryMissing(Exception):
    """SENTRY_DSN is set, and the package it needs is not installed."""


def send_to(dsn: str) -> None:
    """Send errors that are logged, and crashes, to Sentry: where they happened, never what people wrote.

    Raises:
        SentryMissing: the extra is not installed; the text says how to install it.
    """
    if find_spec("sentry_sdk") is None:
        raise SentryMissing("SENTRY_DSN is set, but Sentry's package is not there: pip install 'liaison-bot[sentry]'.")
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        # Local variables and breadcrumbs hold the words of reports.
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
    )
