"""What the real Redmine shows of what is written: the words and the links, and nothing else."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from integrations.markup.base import Code, CodeBlock, Document, Heading, Inline, Link, ListBlock, Paragraph, Quote, Text
from integrations.markup.normal import named, with_inlines
from integrations.markup.textile import write
from tests.integrations.markup import generated
from tests.integrations.markup.test_textile import ACTING
from tests.rigs.redmine import filled_instance, run_script

pytestmark = pytest.mark.scenario
GENERATED = 300

# In a project with a wiki, with an issue for each number that a text could name.
SCRIPT = """
require 'json'
User.current = User.find_by!(login: 'admin')
project = Project.create!(name: 'Web', identifier: 'web', trackers: Tracker.all.to_a,
                          enabled_module_names: %w[issue_tracking wiki])
wiki = Wiki.create!(project: project, start_page: 'Page')
(1..20).each do
  Issue.create!(project: project.reload, subject: 'One', author: User.current, tracker: Tracker.first,
                status: IssueStatus.first, priority: IssuePriority.default)
end
controller = IssuesController.new
controller.request = ActionDispatch::TestRequest.create
controller.response = ActionDispatch::Response.new
texts = JSON.parse($stdin.read)
shown = texts.map do |text|
  issue = Issue.first
  issue.description = text
  issue.save!
  told = issue.mentioned_users.to_a.map(&:login)
  {html: controller.view_context.textilizable(text, project: project, headings: false), told: told}
end
puts shown.to_json
"""


class Shown(HTMLParser):
    """The words, the links and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [address or "" for name, address in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.add("comment")


def documents() -> list[Document]:
    """Give the texts that would do something, in every place, and many that are made by chance."""
    found = [
        Document(
            (
                paragraph,
                Heading(2, paragraph.content),
                Quote((paragraph, CodeBlock(text), paragraph)),
                ListBlock(((paragraph,), (paragraph,))),
                CodeBlock(f"{text}\n>\n{text}"),
            )
        )
        for text in ACTING
        for content in (
            (Text(text),),
            (Text(text, bold=True), Code(text), Link("https://x.example/", text), Text(text)),
        )
        for paragraph in [Paragraph((Text("a "), *content, Text(" b")))]
    ]

    @settings(max_examples=GENERATED, derandomize=True, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
    @given(generated.documents)
    def gather(document: Document) -> None:
        found.append(document)

    gather()
    return found


def test_only_words_and_links_are_shown_when_redmine_shows_what_is_written():
    wanted = [named(document, lambda _: False) for document in documents()]
    with filled_instance() as instance:
        shown = json.loads(run_script(instance, SCRIPT, json.dumps([write(one) for one in wanted])))

    assert len(shown) == len(wanted) > GENERATED
    for document, one in zip(wanted, shown, strict=True):
        page = Shown(one["html"])
        assert one["told"] == [], document
        assert page.tags <= TAGS, (document, one)
        assert letters("".join(page.words)) == letters(words_of(document)), one
        assert [unquote(link) for link in page.links] == [unquote(link) for link in links_of(document)], one


TAGS = {
    *("p", "br", "a", "strong", "em", "del", "code", "pre", "span", "blockquote", "ul", "ol", "li", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}


def letters(text: str) -> str:
    return unquote(re.sub(r"[\s\u2060]+", "", unquote(text)).replace("\u200b", ""))


def words_of(document: Document) -> str:
    """Give all words in order, of links what is shown."""

    def of(block: object) -> str:
        match block:
            case Paragraph(content) | Heading(_, content):
                return "".join(
                    one.text or one.url if isinstance(one, Link) else getattr(one, "text", "") for one in content
                )
            case Quote(blocks):
                return "".join(map(of, blocks))
            case ListBlock(items):
                return "".join(of(inner) for item in items for inner in item)
            case _:
                return getattr(block, "text", "")

    return "".join(map(of, document.blocks))


def links_of(document: Document) -> list[str]:
    found: list[str] = []

    def note(one: Inline) -> Inline:
        if isinstance(one, Link):
            found.append(one.url.rstrip("#"))
        return one

    with_inlines(document, note)
    return found
