"""Change what is no decision: the words of a report, its team, who may see it."""

from bot.triage import editing, rule_draft
from handlers.slack import presses
from handlers.slack.feature import Feature, Request
from handlers.views import confirmation, decision_forms, submission, wrong_team


async def submit_wrong_team(request: Request) -> None:
    """Move the report, and show the lines of the settings file that would have sent it there."""
    services, order = request.services, presses.order(request)
    target = wrong_team.read(request.body["view"])
    await editing.move(services, order, target)
    moved = await rule_draft.draft_for(services, order.report_id)
    await request.ack(response_action="update", view=wrong_team.done(moved.card, moved.draft))


async def open_edit(request: Request) -> None:
    """Open the form that corrects the words of a report."""
    await presses.show(request, decision_forms.edit(await presses.card(request)))


async def submit_edit(request: Request) -> None:
    """Keep the corrected words."""
    view = request.body["view"]
    corrected = editing.Words(
        title=submission.typed(view, decision_forms.TITLE),
        what=submission.typed(view, decision_forms.WHAT),
        expected=submission.typed(view, decision_forms.EXPECTED),
        severity=decision_forms.rated(view),
    )
    await editing.edit(request.services, presses.order(request), corrected)
    await request.ack()


async def make_private(request: Request) -> None:
    """Hide a report from all but its team and reporter."""
    await editing.set_private(request.services, presses.order(request), private=True)
    await request.ack()


async def make_public(request: Request) -> None:
    """Show a private report to everybody again."""
    await editing.set_private(request.services, presses.order(request), private=False)
    await request.ack()


FEATURE = Feature(
    name="changes",
    actions={
        confirmation.EDIT: open_edit,
        confirmation.MAKE_PRIVATE: make_private,
        confirmation.MAKE_PUBLIC: make_public,
    },
    views={wrong_team.FORM: submit_wrong_team, decision_forms.EDIT: submit_edit},
)
