"""The parts that every form and page is made of: labels, marks, errors, and the ties between them."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from shared.runtime.web.pages import build_environment

PAGE = """{% extends "base.html" %}{% import "components.html" as ui %}
{% block title %}申込{% endblock %}
{% block tabs %}{{ ui.tabs([("申込実施", "/a"), ("申込内容確認", "/b")], "申込内容確認") }}{% endblock %}
{% block main %}
{{ ui.error_summary(errors) }}<h1>申込</h1>
<form method="post" action="/x" novalidate>
{{ ui.field("family_name", "姓", "通関", errors, support="例：通関") }}
{{ ui.field("department", "所属部課名", "", errors, required=false) }}
{{ ui.field("password", "パスワード", "typed-before", errors, type="password", autocomplete="current-password") }}
{{ ui.textarea("reason", "変更する理由", "一行目\n二行目", errors) }}
{{ ui.select("kind", "種別", [("a", "甲"), ("b", "乙")], "b", errors) }}
{{ ui.choices("day", "希望日", [("1", "一日", "締切あり"), ("2", "二日", none)], ["2"], errors) }}
{{ ui.button("進む") }}
</form>
{{ ui.definitions([("受付番号", "180012A", "/change"), ("終了日", none)]) }}
{{ ui.before_after([("SMTP/POP3", 1, 2), ("EDIFACT", 0, 0)]) }}
{{ ui.status_tag("審査中", "progress") }}
{% endblock %}"""

ERRORS = {"family_name": "姓を入力してください", "day": "希望日を選んでください"}


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, attribute: str) -> list[tuple[str, dict[str, str | None]]]:
        """The tags that have the attribute."""
        return [(tag, attributes) for tag, attributes in self.tags if attribute in attributes]

    def by_id(self, name: str) -> dict[str, str | None]:
        """The attributes of the one element with that id."""
        found = [attributes for _, attributes in self.having("id") if attributes["id"] == name]
        assert len(found) == 1, f"{len(found)} elements have the id {name}"
        return found[0]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "form.html").write_text(PAGE)
    return tmp_path


def render(templates: Path, errors: dict[str, str]) -> Elements:
    """The page with these errors."""
    template = build_environment(templates).get_template("form.html")
    return Elements(template.render(errors=errors, error_count=len(errors)))


def test_summary_counts_the_errors_and_leads_to_each_field(templates: Path) -> None:
    page = render(templates, ERRORS)

    assert "入力内容に2件の誤りがあります" in page.text
    assert "エラー：申込 | NACCSサポートシステム" in page.text
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a" and "#" in (attributes["href"] or "")]
    assert links == ["#main", "#family_name", "#day"]
    assert [page.by_id((link or "")[1:]) for link in links]


def test_wrong_field_says_so_to_whoever_cannot_see_it(templates: Path) -> None:
    page = render(templates, ERRORS)

    field = page.by_id("family_name")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "family_name-support family_name-error")
    assert field["value"] == "通関", "what was typed stays"
    assert "aria-invalid" not in page.by_id("department")


def test_page_without_errors_shows_no_summary(templates: Path) -> None:
    page = render(templates, {})

    assert "誤り" not in page.text
    assert page.having("aria-invalid") == []
    assert "申込 | NACCSサポートシステム" in page.text


@pytest.mark.parametrize("errors", [{}, ERRORS])
def test_every_reference_inside_the_page_has_its_target_once(templates: Path, errors: dict[str, str]) -> None:
    page = render(templates, errors)
    targets = [
        target
        for attribute in ("for", "aria-describedby", "aria-labelledby")
        for _, attributes in page.having(attribute)
        for target in (attributes[attribute] or "").split()
    ]

    assert len(targets) >= 10
    for target in targets:
        page.by_id(target)


def test_every_control_has_a_label_and_says_whether_it_is_needed(templates: Path) -> None:
    page = render(templates, {})
    labelled = {attributes["for"] for tag, attributes in page.tags if tag == "label"}
    controls = {attributes["id"] for tag, attributes in page.tags if tag in ("input", "textarea", "select")}

    assert controls == labelled
    assert (page.text.count("必須"), page.text.count("任意")) == (5, 1)


def test_password_is_never_sent_back_and_managers_may_fill_it(templates: Path) -> None:
    password = render(templates, ERRORS).by_id("password")

    assert (password["value"], password["autocomplete"]) == ("", "current-password")


def test_page_works_without_scripts_and_inline_styles(templates: Path) -> None:
    page = render(templates, ERRORS)

    assert [tag for tag, _ in page.tags if tag in ("script", "style")] == []
    assert page.having("style") == []
    assert [name for _, attributes in page.tags for name in attributes if name.startswith("on")] == []
    assert page.having("placeholder") == page.having("disabled") == page.having("readonly") == []


def test_current_tab_and_changed_row_are_marked_in_words_or_roles(templates: Path) -> None:
    page = render(templates, {})

    assert [attributes["href"] for _, attributes in page.having("aria-current")] == ["/b"]
    assert page.text.count("変更あり") == 1
    assert "―" in page.text, "an empty value is printed as such"


def test_lines_of_a_typed_text_stay_lines(templates: Path) -> None:
    assert "一行目\n二行目" in render(templates, {}).text
