"""Textile as Redmine has it, both ways; what is written pings, links and fetches nothing unmeant."""

from integrations.markup.textile_reader import read
from integrations.markup.textile_writer import write

__all__ = ["read", "write"]
