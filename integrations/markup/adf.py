"""The Atlassian Document Format of Jira Cloud, both ways: text as a tree of JSON."""

from integrations.markup.adf_reader import read
from integrations.markup.adf_writer import write

__all__ = ["read", "write"]
