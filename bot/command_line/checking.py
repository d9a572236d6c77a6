"""`liaison check`: everything in one screen."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot import logs
from bot.check import Finding, Mark, check_environment, check_offline, check_settings
from bot.command_line.screen import EXIT_PROBLEMS, EXIT_REFUSED, say, show_rows
from bot.config import Mode


def check(environment: Mapping[str, str], mode: Mode) -> int:
    """Check variables, settings, database and Slack; return the exit code."""
    config, findings = check_environment(environment, mode)
    settings, offline = check_offline(environment, findings)
    findings += offline
    if config is None:
        findings.append(Finding(Mark.NOTE, "Slack", "not asked: first mend the variables"))
    else:
        # Slow to import, and needed only here.
        from bot.check_slack import check_slack
        from bot.check_trackers import check_trackers

        logs.configure("error", "console", config.secrets())
        findings += asyncio.run(check_slack(config, settings))
        findings += asyncio.run(check_trackers(config, settings))
    return show_findings(findings)


def check_file(path: Path) -> int:
    """Check one settings file and nothing else; return the exit code."""
    _, findings = check_settings(path, "", required=True)
    return show_findings(findings, EXIT_PROBLEMS)


def show_findings(findings: Sequence[Finding], exit_wrong: int = EXIT_REFUSED) -> int:
    """Show what was found and how much of it is to be mended; return the exit code, `exit_wrong` if anything is."""
    show_rows([(finding.mark.value, finding.subject, finding.text) for finding in findings])
    wrong = sum(finding.mark is Mark.WRONG for finding in findings)
    if not wrong:
        say("All is well.")
        return 0
    say(f"{wrong} thing{'s' * (wrong != 1)} to mend.")
    return exit_wrong
