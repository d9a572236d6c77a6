"""What the example team's design file holds: frames to be built, and questions in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlmodel import col, select

from bot.demo.releases import ADDRESS, SOURCE
from bot.demo.shipping import REPOSITORY
from storage.database import WorkspaceSession
from storage.frames import FRAME
from storage.models import IssueLink, IssueState, ItemKind, SourceItem

FILE = "ACMEshopDesign"
TITLE = "Shop"
_HOME = f"https://www.figma.com/design/{FILE}"


@dataclass(frozen=True)
class Frame:
    """A frame that is ready to be built; `pull` is the title of the pull request that builds it.

    `issue` is the number of its issue, 0 if nobody made one, `builder` the account of whoever has it.
    """

    node: str
    name: str
    days_ago: float
    pull: str = ""
    issue: int = 0
    state: IssueState = IssueState.OPEN
    builder: str = ""


@dataclass(frozen=True)
class Question:
    """A comment nobody has resolved; `replies` are (name, days ago)."""

    number: int
    frame: str
    author: str
    text: str
    days_ago: float
    replies: tuple[tuple[str, float], ...] = ()


FRAMES = (
    Frame("12:40", "Checkout / Saved addresses", 9.2, "Saved addresses", 571, IssueState.DONE, "bo"),
    Frame("12:44", "Search / Empty page", 4.1, "New empty page for search results", 583, IssueState.DOING, "bo"),
    Frame("12:52", "Account / Return labels", 3.3, "Return labels without an account", 585, IssueState.DOING, "finn"),
    Frame("12:61", "Checkout / Error states", 2.2),
    Frame("12:66", "Account / Family and friends", 1.2),
)
QUESTIONS = (
    Question(901, "Checkout / Error states", "Bo Nilsson", "Is this the longest message there can be?", 8.1),
    Question(
        902,
        "Account / Family and friends",
        "Ana Lima",
        "What is shown when the invitation has expired?",
        7.0,
        (("Cleo Marchetti", 6.8), ("Ana Lima", 6.1)),
    ),
    Question(903, "Search / Empty page", "Dev Patel", "Where does the second button lead to?", 6.2),
    Question(904, "Checkout / Saved addresses", "Eve Okafor", "Customers ask for a name per address. Any room?", 1.1),
    Question(
        905,
        "Account / Return labels",
        "Bo Nilsson",
        "Same green as on the invoice?",
        9.4,
        (("Cleo Marchetti", 9.0),),
    ),
)


def write(session: WorkspaceSession, now: datetime) -> None:
    """Write down what the file holds, as reading it would."""
    pulls = select(SourceItem.title, SourceItem.url).where(col(SourceItem.kind) == ItemKind.PULL_REQUEST)
    addresses: dict[str, str] = dict(session.exec(pulls).all())
    drawn = [(one, _frame(one, addresses, now)) for one in FRAMES]
    session.add_all(item for _, item in drawn)
    session.flush()
    session.add_all(_issue(one, item) for one, item in drawn if one.issue)
    session.add_all(_question(one, now) for one in QUESTIONS)


def _frame(frame: Frame, addresses: dict[str, str], now: datetime) -> SourceItem:
    since = now - timedelta(days=frame.days_ago)
    return SourceItem(
        source="figma",
        project=FILE,
        kind=ItemKind.FIGMA_FRAME,
        external_id=f"{FILE}:{frame.node}",
        title=frame.name,
        url=f"{_HOME}?node-id={frame.node.replace(':', '-')}",
        state="ready",
        opened_at=since,
        updated_at=since,
        data={"links": [addresses[frame.pull]] if frame.pull else []},
    )


def _issue(frame: Frame, item: SourceItem) -> IssueLink:
    """Make the link to the issue that somebody made of a frame."""
    return IssueLink(
        subject_type=FRAME,
        subject_id=item.id or 0,
        tracker=SOURCE,
        project=REPOSITORY,
        marker=token_urlsafe(24),
        external_id=str(frame.issue),
        key=f"#{frame.issue}",
        url=f"{ADDRESS}/issues/{frame.issue}",
        title=frame.name,
        state=frame.state,
        assignee_raw=frame.builder,
        intended_at=item.opened_at,
        synced_at=item.opened_at,
    )


def _question(question: Question, now: datetime) -> SourceItem:
    said = [(question.author, question.days_ago), *question.replies]
    talk = [
        {"at": (now - timedelta(days=days_ago)).isoformat(), "by": name, "id": name.split()[0].lower()}
        for name, days_ago in said
    ]
    node = next(frame.node for frame in FRAMES if frame.name == question.frame)
    return SourceItem(
        source="figma",
        project=FILE,
        kind=ItemKind.FIGMA_COMMENT,
        external_id=f"{FILE}:{question.number}",
        title=question.text,
        url=f"{_HOME}?node-id={node.replace(':', '-')}#{question.number}",
        author=question.author,
        state="open",
        opened_at=now - timedelta(days=question.days_ago),
        updated_at=now - timedelta(days=said[-1][1]),
        data={"frame": question.frame, "talk": talk},
    )
