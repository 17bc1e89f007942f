"""smoke"""
from tests.browser.kit import expect_accessible, take_picture
async def test_smoke(new_page, urls, log_in, new_office):
    page = await new_page()
    print(await page.evaluate("matchMedia(`(scripting: none)`).matches")); await page.goto(urls["intake"]+"/login")
    await expect_accessible(page)
    await log_in(page, new_office())
    await expect_accessible(page)
    await take_picture(page, "menu")
    page = await new_page(width=320, scripts=False); print(await page.evaluate("matchMedia(`(scripting: none)`).matches"))
    await log_in(page, new_office())
    await expect_accessible(page)
    await take_picture(page, "menu-320")
    page = await new_page()
    await log_in(page, "reviewer")
    await expect_accessible(page)
    await take_picture(page, "queue")
