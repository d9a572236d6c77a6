"""Texts as this Redmine writes them: its administrator chose Textile or Markdown."""

import re
from collections.abc import Callable, Mapping

from integrations.exchange import HttpError
from integrations.markup import markdown, textile
from integrations.markup.base import Document
from integrations.markup.normal import GUARD
from integrations.trackers.redmine.server import RedmineServer

_WRITERS = {"textile": textile.write, "markdown": markdown.write}
_READERS = {"textile": textile.read, "markdown": markdown.read}
# What Markdown knows nothing of: Redmine looks for mentions before all else, also in code within a line, and for
# macros, pages and references of its own in what is shown. Blocks of code are left alone.
_BLOCK_OR_ADDRESS = re.compile(r"((?:```|~~~).*?(?:```|~~~)|<https?://[^<>\s]*>)", re.DOTALL)
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=[\w.-])")
_ACTING = re.compile(
    r"(?<![A-Za-z0-9_])(?:@(?=[\w.-])|r(?=\d)|www(?=\.))|\{(?=\{)|\[(?=\\?\[)"
    r"|(?:attachment|document|version|forum|news|message|project|commit|source|export|user)(?=:\S)",
    re.ASCII,
)


class Texts:
    """Reads and writes texts. People are told when named by their login, but known by their number."""

    def __init__(self, form: str, server: RedmineServer) -> None:
        self.read: Callable[[str], Document] = _READERS[form]
        self._write = _WRITERS[form]
        self._server = server

    @classmethod
    def of(cls, form: str, server: RedmineServer) -> "Texts":
        """Take the form from the value of the variable.

        Raises:
            ValueError: there is no such form.
        """
        wanted = form.strip().lower() or "textile"
        if wanted not in _WRITERS:
            raise ValueError(f"REDMINE_TEXT is textile or markdown, not {form}")
        return cls(wanted, server)

    async def write(self, document: Document) -> str:
        """Write a text, having asked for the logins of the people it names."""
        named: set[str] = set()

        def note(account: str) -> str:
            named.add(account)
            return ""

        self._write(document, note)
        if not named:
            return self._written(document, {})
        logins = {account: await self._login(account) for account in named}
        return self._written(document, logins)

    def _written(self, document: Document, logins: Mapping[str, str]) -> str:
        if self._write is not markdown.write:
            return self._write(document, logins.__getitem__)
        # Our own mentions are put in at the end, so that they alone are left.
        places = {account: f"\0{number}\0" for number, account in enumerate(logins)}
        text = _quiet(self._write(document, places.__getitem__))
        for account, place in places.items():
            text = text.replace(place, logins[account])
        return text

    async def _login(self, account: str) -> str:
        """Give what tells a person; their number, which only links to them, where their login is not shown to us."""
        try:
            login = (await self._server.person(account)).login
        except HttpError as error:
            if error.status not in {403, 404}:
                raise
            login = ""
        return f"@{login}" if login else f"user#{account}"


def _quiet(text: str) -> str:
    """Break what Redmine would act on, by an invisible character; in addresses by another way to write them."""
    parts = _BLOCK_OR_ADDRESS.split(text)
    return "".join(
        _ACTING.sub(lambda found: found[0] + GUARD, part)
        if place % 2 == 0
        else part
        if part.startswith(("`", "~"))
        else _MENTION.sub("%40", part)
        for place, part in enumerate(parts)
    )
