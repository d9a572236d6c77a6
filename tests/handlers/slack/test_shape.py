"""What may reach Bolt: everything that Slack sends and we answer; nothing that would make Bolt or us fail."""

from typing import Any

import pytest

from handlers.slack.shape import is_readable

Node = dict[str, Any]
COMMAND: Node = {"command": "/bug", "text": "half \ud800", "user_id": "U1", "is_enterprise_install": "false"}
EVENT: Node = {"type": "event_callback", "event": {"type": "message", "user": "U1", "files": [{"id": "F1"}]}}
CLICK: Node = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "report.accept", "value": "1"}]}
SUBMISSION: Node = {
    "type": "view_submission",
    "user": {"id": "U1"},
    "team": None,
    "view": {"id": "V1", "type": "modal", "callback_id": "report.form", "blocks": [{}], "state": {"values": {}}},
    "response_urls": [],
}


@pytest.mark.parametrize(
    "body",
    [
        COMMAND,
        EVENT,
        CLICK,
        SUBMISSION,
        {"type": "shortcut", "user": {"id": "U1"}, "callback_id": "report_bug", "enterprise": {"id": "E1"}},
        {"type": "message_action", "user": {"id": "U1"}, "callback_id": "report_message", "message": {"text": "x"}},
        {"type": "url_verification", "challenge": "abc"},
        {**EVENT, "event": {"type": "reaction_added", "item": {"type": "message", "channel": "C1", "ts": "1.0"}}},
        {**EVENT, "event": {"type": "message", "subtype": "message_changed", "message": {}, "previous_message": {}}},
        {**EVENT, "event": {"type": "message", "thread_ts": None}, "authorizations": [{"team_id": None}]},
    ],
)
def test_request_is_readable_when_slack_sends_such(body: Node) -> None:
    assert is_readable(body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": None},
        {"type": ["block_actions"]},
        {"type": "view_closed", "user": {"id": "U1"}},
        {**COMMAND, "user_id": None},
        {**COMMAND, "user_id": "U\ud800"},
        {**COMMAND, "authorizations": {"0": 1}},
        {**EVENT, "event": None},
        {**EVENT, "event": {"type": "message", "user": {"id": "U1"}}},
        {**EVENT, "event": {"type": "message", "files": [None]}},
        {**CLICK, "user": None},
        {**CLICK, "actions": []},
        {**CLICK, "actions": [None]},
        {**CLICK, "actions": [{"action_id": ""}]},
        {**SUBMISSION, "response_urls": None},
        {**SUBMISSION, "view": {**SUBMISSION["view"], "blocks": "x"}},
        {**SUBMISSION, "view": {"id": "V1", "callback_id": "report.form"}},
    ],
)
def test_request_is_not_readable_when_something_is_missing_or_of_another_type(body: Node) -> None:
    assert not is_readable(body)
