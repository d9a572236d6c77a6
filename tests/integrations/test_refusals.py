"""What a person reads when a service refused."""

import json
from datetime import timedelta

import pytest

from integrations.exchange import HttpError
from integrations.refusals import reason
from integrations.trackers.base import TrackerError, told

GITHUB = {
    "message": "Validation Failed",
    "errors": [{"resource": "Issue", "field": "title", "code": "missing_field"}, {"message": "Too long"}],
    "documentation_url": "https://docs.github.com",
}
JIRA = {"errorMessages": ["No such issue type."], "errors": {"summary": "Is required."}}
GITLAB = {"message": {"title": ["can't be blank", "is too short"]}}
REDMINE = {"errors": ["Subject cannot be blank", "Tracker is invalid"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (GITHUB, "Validation Failed; title missing field; Too long"),
        (JIRA, "No such issue type.; summary: Is required"),
        (GITLAB, "title: can't be blank, is too short"),
        (REDMINE, "Subject cannot be blank; Tracker is invalid"),
        ({"error": "insufficient_scope", "error_description": "Needs api"}, "insufficient_scope; Needs api"),
        ({"message": "a\nb\r\n\u202ec"}, "a b c"),
        ({"message": None}, ""),
        (7, ""),
        ({"errors": {"errors": {"errors": {"errors": {"errors": "deep"}}}}}, ""),
    ],
)
def test_reason_is_found_when_a_service_gives_one(body, words):
    assert reason(json.dumps(body).encode()) == words


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[" * 9999])
def test_there_is_no_reason_when_the_answer_is_not_for_people(body):
    assert reason(body) == ""


def test_reason_is_cut_when_it_is_long():
    assert len(reason(json.dumps({"message": "why " * 999}).encode())) == 240


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {}, "GitHub refused the token while making the issue. Make a new one and set it."),
        (
            403,
            {"message": "Resource not accessible"},
            (
                "GitHub did not allow it while making the issue (Resource not accessible). "
                "Give its account this permission."
            ),
        ),
        (
            404,
            {"message": "Not Found"},
            (
                "GitHub does not have it, or does not show it to Liaison's account, while making the issue. "
                "Check the project's name, and that the account may see it."
            ),
        ),
        (
            410,
            {"message": "Issues are disabled for this repo"},
            (
                "GitHub says it is gone for good or switched off, while making the issue "
                "(Issues are disabled for this repo)."
            ),
        ),
        (
            422,
            GITHUB,
            "GitHub did not accept it while making the issue: Validation Failed; title missing field; Too long.",
        ),
        (409, {}, "GitHub did not accept it while making the issue: answer 409, no reason given."),
        (307, {}, "GitHub has moved what was asked for while making the issue. Set its new address or name."),
    ],
)
def test_person_is_told_what_to_do_when_refused(status, body, words):
    error = HttpError(f"the answer is {status}", status=status, body=json.dumps(body).encode())

    assert told_of(error) == (words, False, False, None)


def test_person_is_told_to_wait_when_it_will_be_tried_again():
    minutes = timedelta(minutes=12)
    limited = HttpError("too many requests", status=429, retryable=True, retry_after=minutes)
    ill = HttpError("the answer is 502", status=502, body=b"<html>", retryable=True, may_have_happened=True)
    silent = HttpError("no answer within 30 seconds", retryable=True, may_have_happened=True)
    page = HttpError("the answer is text/html, not JSON", status=200, retryable=True, may_have_happened=True)

    assert [told_of(error) for error in (limited, ill, silent, page)] == [
        (
            "GitHub has had too many requests and wants no more for 12 minutes. It goes on by itself then.",
            *(True, False, minutes),
        ),
        (
            "GitHub is not well (502 while making the issue). It will be tried again by itself.",
            *(True, True, None),
        ),
        (
            (
                "GitHub did not answer properly while making the issue: no answer within 30 seconds. "
                "It will be tried again by itself."
            ),
            *(True, True, None),
        ),
        (
            (
                "GitHub did not answer properly while making the issue: the answer is text/html, not JSON. "
                "It will be tried again by itself."
            ),
            *(True, True, None),
        ),
    ]


def told_of(error: HttpError) -> tuple[str, bool, bool, timedelta | None]:
    with pytest.raises(TrackerError) as refused, told("GitHub", "making the issue"):
        raise error
    return str(refused.value), refused.value.retryable, refused.value.may_have_happened, refused.value.retry_after
