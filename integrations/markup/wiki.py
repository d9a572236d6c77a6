"""Jira's wiki notation, both ways: the texts of Data Center, and of what Jira's webhooks bring."""

from integrations.markup.wiki_reader import read
from integrations.markup.wiki_writer import write

__all__ = ["read", "write"]
