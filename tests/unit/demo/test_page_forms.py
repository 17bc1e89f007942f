"""A page is read as a browser reads it: what a form would send, and what nobody could send with it."""

import pytest

from deploy.local.demo.page_forms import FormProblem, PageForm, read_page

HTML = """<!doctype html><html><head><title>申込 | NSS</title></head><body>
<form action="/logout" method="post"><button type="submit">ログアウト</button></form>
<main><h1>申込</h1><br><p class="panel lead">受付 <span class="code">260001A</span></p>
<div class="error-summary"><ul><li><a href="#reason">理由を入力してください</a></li></ul></div>
<form method="post" action="/applications/drafts">
<input type="hidden" name="form_token" value="abc">
<input type="radio" name="day" value="2026-12-01"><input type="radio" name="day" value="other" checked>
<input type="checkbox" name="abolish" value="NAC00101"><input type="checkbox" name="abolish" value="NAC00102">
<input name="email" type="email" value="a&amp;b@naccs.example"><input name="closed" value="x" disabled>
<textarea name="reason">
 一行目
二行目</textarea>
<select name="kind"><option value="one">1</option><option value="two" selected>2</option></select>
<input type="submit" name="go" value="Go"><button name="save" value="1">Save</button>
</form></main></body></html>"""

PAGE = read_page("http://nss.example/applications/new", 422, HTML)


@pytest.fixture
def form() -> PageForm:
    return PAGE.form("form_token")


def test_an_untouched_form_sends_what_stands_in_it(form: PageForm) -> None:
    assert form.filled({}) == [
        ("form_token", "abc"),
        ("day", "other"),
        ("email", "a&b@naccs.example"),
        ("reason", " 一行目\n二行目"),
        ("kind", "two"),
    ]


def test_typed_and_ticked_values_take_the_place_of_what_stood_there(form: PageForm) -> None:
    sent = form.filled({"day": "2026-12-01", "abolish": ["NAC00101", "NAC00102"], "reason": "増設"})

    assert sent == [
        ("form_token", "abc"),
        ("email", "a&b@naccs.example"),
        ("kind", "two"),
        ("day", "2026-12-01"),
        ("abolish", "NAC00101"),
        ("abolish", "NAC00102"),
        ("reason", "増設"),
    ]


@pytest.mark.parametrize("values", [{"day": "2026-12-24"}, {"abolish": ["NAC00109"]}, {"kind": "three"}])
def test_a_choice_that_the_page_does_not_offer_cannot_be_sent(form: PageForm, values: dict[str, str]) -> None:
    with pytest.raises(FormProblem, match="does not offer"):
        form.filled(values)


@pytest.mark.parametrize("name", ["office", "closed"])
def test_a_field_that_the_page_does_not_have_cannot_be_sent(form: PageForm, name: str) -> None:
    with pytest.raises(FormProblem, match=f"no field {name}"):
        form.filled({name: "NAC001"})


def test_a_form_is_found_by_its_field_or_by_its_address() -> None:
    assert PAGE.form_to("/logout").filled({}) == []
    assert PAGE.form("reason").action == "/applications/drafts"
    with pytest.raises(FormProblem, match="no form of «申込"):
        PAGE.form("ticket")


def test_title_texts_and_problems_are_what_the_reader_sees() -> None:
    assert PAGE.title == "申込 | NSS"
    assert PAGE.texts_of("lead") == ["受付 260001A"]
    assert PAGE.problems == ["理由を入力してください"]
    assert "ログアウト" not in PAGE.text
    assert PAGE.links() == ["#reason"]
