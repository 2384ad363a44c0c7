"""What holds for every page: it renders, it escapes, it keeps to the strict CSP and to the catalogue."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from cases.model import Role
from recordings.manifest import NOT_YET
from recordings.model import EndCause
from tests.builders.case_files import case_file
from tests.builders.facts import HOSTILE, LEGAL, MEDIATOR
from tests.builders.pages import SAMPLES, archive, case_list, case_page, consents, invitation, party
from web import views, words
from web.locales.refresh import catalogue, extracted, refreshed, translated
from web.rendering import STATIC, render

TEMPLATES = Path(views.__file__).parent / "templates"
MODELS = set(get_args(views.Page))


class Elements(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(params=SAMPLES)
def page(request: pytest.FixtureRequest) -> Elements:
    return Elements(render(SAMPLES[request.param]))


@pytest.fixture(params=[name for name in SAMPLES if name not in {"seat", "console"}])
def one_screen(request: pytest.FixtureRequest) -> Elements:
    """A page that is one screen; the room's pages hold all their screens and show one."""
    return Elements(render(SAMPLES[request.param]))


def test_every_page_has_a_sample() -> None:
    assert {type(sample) for sample in SAMPLES.values()} == MODELS


def test_every_template_is_the_page_of_a_model_or_part_of_one() -> None:
    everything = "".join(file.read_text() for file in TEMPLATES.glob("*.html"))
    pages = {model.template for model in get_args(views.Page)}
    parts = set(re.findall(r'(?:extends|include|from|import) "([^"]+)"', everything))
    assert {file.name for file in TEMPLATES.glob("*.html")} <= pages | parts


def test_a_page_is_in_simplified_chinese(page: Elements) -> None:
    assert page.all("html")[0]["lang"] == "zh-Hans"
    assert len(page.all("title")) == 1


def test_a_screen_has_one_heading(one_screen: Elements) -> None:
    assert len(one_screen.all("h1")) == 1


def test_a_page_has_no_inline_style_or_script(page: Elements) -> None:
    for tag, attributes in page.found:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert not attributes.get("href", "").startswith("javascript:")
        if tag == "script":
            assert attributes.get("src") or attributes.get("type") == "application/json"


def test_a_page_loads_only_files_that_we_serve(page: Elements) -> None:
    wanted = [a["href"] for a in page.all("link")] + [a["src"] for a in page.all("script") if "src" in a]
    for address in wanted:
        assert address.startswith("/static/")
        assert (STATIC / address.removeprefix("/static/")).is_file(), address


def test_icons_exist(page: Elements) -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    used = {attributes["href"].split("#")[1] for attributes in page.all("use")}
    assert used <= symbols


def test_ids_are_unique_and_references_point_somewhere(page: Elements) -> None:
    ids = [attributes["id"] for _tag, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _tag, attributes in page.found:
        for name in ("aria-describedby", "aria-labelledby", "for", "form"):
            assert set(attributes.get(name, "").split()) <= set(ids)


def test_every_posted_form_carries_the_token() -> None:
    for name, sample in SAMPLES.items():
        html = render(sample)
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", html, re.DOTALL):
            assert 'name="csrf" value="token"' in form, name


@pytest.mark.parametrize(
    "hostile",
    [
        invitation(HOSTILE),
        case_page(party(HOSTILE, invitation=HOSTILE)),
        case_list((), HOSTILE),
        views.Archive(LEGAL, (), HOSTILE, HOSTILE, HOSTILE, HOSTILE, searched=True),
        views.NewCase(MEDIATOR, {"number": HOSTILE, "title": HOSTILE}, {"title": HOSTILE}),
        case_file(who=HOSTILE),
        views.SignIn(HOSTILE, "token", HOSTILE, HOSTILE),
        views.Problem(404, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_hostile_name_is_only_text(hostile: views.Page) -> None:
    html = render(hostile)
    page = Elements(html)
    assert "<script>" not in html
    assert "{{ 7*7 }}" in html
    assert not [attributes for attributes in page.all("img") if attributes.get("src") == "x"]
    assert not [a for _tag, a in page.found if any(name.startswith("on") for name in a)]


def test_every_text_is_in_the_catalogue() -> None:
    assert extracted() == translated(catalogue()).keys()


def test_an_unchanged_catalogue_is_refreshed_to_the_same_bytes() -> None:
    assert refreshed() == catalogue().read_bytes()


def test_every_word_of_the_tables_is_in_the_catalogue() -> None:
    said: set[str] = set()
    for name, table in vars(words).items():
        if name.isupper() and isinstance(table, dict):
            for value in table.values():
                said.update([value] if isinstance(value, str) else value)
    assert said <= extracted()


def test_every_cause_of_an_end_has_its_words() -> None:
    assert set(EndCause) <= words.SEGMENT_CAUSES.keys()
    assert {*EndCause, NOT_YET} <= words.GAP_CAUSES.keys()


# What single pages promise


def test_an_unknown_browser_asks_for_a_code_and_a_known_one_goes_on() -> None:
    unknown, known = render(invitation()), render(invitation(known=True))
    assert '<form method="post" action="/i/secret/code">' in unknown
    assert 'href="/seat/s1"' not in unknown
    assert "/i/secret/code" not in known
    assert 'class="btn primary big" href="/seat/s1"' in known


def test_a_screen_has_at_most_one_primary_action(one_screen: Elements) -> None:
    primary = [a for _tag, a in one_screen.found if "primary" in a.get("class", "").split()]
    assert len(primary) <= 1


def test_nothing_is_consented_to_before_it_is_answered() -> None:
    page = Elements(render(consents()))
    assert len([a for a in page.all("input") if a.get("type") == "radio"]) == 6
    assert not [a for a in page.all("input") if "checked" in a]


def test_an_answered_consent_stays_answered() -> None:
    page = Elements(render(consents((True, False, None))))
    checked = [(a["name"], a["value"]) for a in page.all("input") if "checked" in a]
    assert checked == [("consent-notice", "yes"), ("consent-online", "no")]


def test_each_consent_shows_the_whole_text_that_is_hashed() -> None:
    html = Elements(render(consents())).text
    for item in consents().items:
        assert all(part in html for part in (item.title, item.summary, *item.text))


def test_missing_consents_are_marked_and_explained() -> None:
    page = Elements(render(consents((True, False, None), ("online", "recording"))))
    marked = [a for a in page.all("fieldset") if a.get("aria-invalid") == "true"]
    assert [a["aria-describedby"] for a in marked] == ["online-error", "recording-error"]


def test_a_form_with_errors_keeps_what_was_typed() -> None:
    page = Elements(render(SAMPLES["new-case-wrong"]))
    inputs = {a["name"]: a for a in page.all("input")}
    assert inputs["claimed"]["value"] == "三万"
    assert inputs["claimed"]["aria-invalid"] == "true"
    assert "aria-invalid" not in inputs["title"]
    assert [a["value"] for a in page.all("option") if "selected" in a] == ["loss-assessment"]


@pytest.mark.parametrize(
    ("link", "revocable"), [("works", True), ("used", True), ("expired", False), ("none", False)]
)
def test_only_a_link_that_works_can_be_revoked(link: str, revocable: bool) -> None:
    assert ('value="revoke"' in render(case_page(party(link=link)))) is revocable


def test_a_closed_case_offers_no_room_and_no_links() -> None:
    html = render(SAMPLES["case-closed"])
    assert "/cases/c2/room" not in html
    assert "/links/" not in html


def test_an_archive_that_was_not_searched_says_so_and_an_empty_result_says_otherwise() -> None:
    assert "还没有检索" in render(archive())
    assert "没有找到卷宗" in render(archive(searched=True))


def test_a_segment_that_is_missing_or_altered_is_not_played_and_is_named() -> None:
    html = render(case_file())
    (session,) = re.findall(r'<script type="application/json" id="session">(.*?)</script>', html)
    parts = [part for track in json.loads(session)["tracks"] for part in track["parts"]]
    assert [part["number"] for part in parts if part["url"]] == [1, 4, 2, 3]
    assert [part["words"] for part in parts if part["number"] and not part["url"]] == [
        "这一段的散列不符，所以不放",
        "这一段的文件不见了",
    ]


def test_each_check_stands_by_itself() -> None:
    text = Elements(render(case_file())).text
    for check in case_file().checks:
        assert check.title in text
        assert check.verdict in text
        assert check.detail in text


def test_the_case_file_is_watermarked_with_viewer_and_time() -> None:
    text = Elements(render(case_file())).text
    assert "孙若兰 只供核对" in text
    assert "2025-09-18 09:21:00" in text


def test_a_person_sees_only_the_pages_of_their_role() -> None:
    for role, own in ((Role.MEDIATOR, "cases"), (Role.LEGAL, "archive"), (Role.ADMIN, "people")):
        viewer = views.Viewer("何平", role, "/staff/x", "token")
        html = render(views.People(viewer, ()))
        assert re.findall(r'href="/staff/x/(\w+)"', html) == [own]
