"""Fixtures of the rules of triage."""

from tests.bot.triage.at_work import desk

__all__ = ["desk"]
