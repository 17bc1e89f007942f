"""The kit finds what it is there to find."""

import pytest

from tests.browser.conftest import NewPage
from tests.browser.kit import DESKTOP, NARROW, axe_violations, sideways_overflow, space_text, tab_to

BAD_PAGE = """<html><body><img src="data:,"><form><input name="who"></form>
<p style="color:#bbb">faint</p><a href="#a" style="font-size:9px">a</a> <a href="#b" style="font-size:9px">b</a>
<pre>wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide</pre>
<button style="outline:none">unseen</button></body></html>"""


async def test_axe_sees_what_is_wrong_with_a_bad_page(new_page: NewPage) -> None:
    page = await new_page()
    await page.set_content(BAD_PAGE)

    rules = {violation.split(":")[0] for violation in await axe_violations(page)}

    assert {"color-contrast", "document-title", "html-has-lang", "image-alt", "label"} <= rules


async def test_a_page_that_scrolls_sideways_is_seen(new_page: NewPage) -> None:
    narrow, wide = await new_page(width=NARROW, bypass_csp=True), await new_page(width=DESKTOP)
    for page in (narrow, wide):
        await page.set_content(BAD_PAGE)
    await space_text(narrow)

    assert any(element.startswith("PRE") for element in await sideways_overflow(narrow))
    assert await sideways_overflow(wide) == []


async def test_a_focus_nobody_can_see_is_refused(new_page: NewPage) -> None:
    page = await new_page()
    await page.set_content(BAD_PAGE)

    with pytest.raises(AssertionError, match="not to be seen"):
        await tab_to(page, "button")
