"""Markdown as GitHub, GitLab and Linear have it, both ways; what is written pings, closes and fetches nothing."""

from integrations.markup.markdown_reader import read
from integrations.markup.markdown_writer import write

__all__ = ["read", "write"]
