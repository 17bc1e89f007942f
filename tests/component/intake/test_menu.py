"""Menu, news, contract and schedule pages, and the pages of text."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.intake import store
from services.intake.domain.news import NewsCategory, NewsItem, NewsKind
from services.intake.labels import CONTRACT_TABS, HANDLED_ELSEWHERE
from shared.contracts.intake_events import AccessLine, ContractPublished, ContractUser, ProcessingMode, SystemClass
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import transaction
from tests.builders import NOW, a_contract, an_event, mail_sent, mailboxes_issued, numbered_id
from tests.component.intake.conftest import Intake, register
from tests.component.intake.test_api import program

TABS = ("申込実施", "申込内容確認", "契約内容確認", "請求内容参照", "パスワード変更")


async def post_news(intake: Intake, *texts: str, category: NewsCategory = NewsCategory.CHARGE) -> None:
    """Items of NAC001 that an operator has posted, the last one newest."""
    async with transaction(intake.pool) as db:
        await store.insert_news(db, [item(number, text, category) for number, text in enumerate(texts)])


def item(number: int, text: str, category: NewsCategory) -> NewsItem:
    event_id: UUID = numbered_id(1000 + number + 100 * list(NewsCategory).index(category))
    return NewsItem(OfficeCode("NAC001"), event_id, category, NewsKind.POSTED, None, NOW, text)


def texts_of(page: httpx2.Response) -> list[str]:
    return re.findall(r'<p class="news__text">(.*?)</p>', page.text)


async def test_every_page_names_who_is_logged_in_since_when_and_has_five_tabs(intake: Intake) -> None:
    browser = await intake.logged_in()
    for path in ("/menu", "/news", "/contract", "/schedule", "/help", "/procedures/billing", "/password", "/nowhere"):
        page = (await browser.get(path)).text
        if path != "/nowhere":
            assert "ナックス商事株式会社" in page, path
            assert "第一営業所" in page, path
            assert "2018/10/24 10:00:00からログイン中" in page, path
            assert [tab for tab in TABS if f">{tab}</a>" in page] == list(TABS), path
        assert "0120-794-550" in page, path
        assert "044-520-6266" in page, path


@pytest.mark.parametrize(
    ("path", "tab"),
    [
        ("/contract", "契約内容確認"),
        ("/contract/billing", "契約内容確認"),
        ("/procedures/billing", "請求内容参照"),
        ("/password", "パスワード変更"),
        ("/applications", "申込内容確認"),
        ("/applications/new", "申込実施"),
    ],
)
async def test_the_tab_shown_is_marked(intake: Intake, path: str, tab: str) -> None:
    page = (await (await intake.logged_in()).get(path)).text

    assert re.findall(r'class="tabs__tab"[^>]* aria-current="page">([^<]*)<', page) == [tab]


async def test_the_menu_shows_the_ten_newest_news_and_how_many_are_unread(intake: Intake) -> None:
    await post_news(intake, *(f"お知らせ{number}" for number in range(12)))
    browser = await intake.logged_in()

    menu = await browser.get("/menu")

    assert texts_of(menu) == [f"お知らせ{number}" for number in range(11, 1, -1)]
    assert "未読12件" in menu.text
    assert "2018/10/24 10:00" in menu.text
    assert "利用料金" in menu.text
    assert len(texts_of(await browser.get("/news"))) == 12


async def test_an_opened_item_is_read_from_then_on_and_a_foreign_one_is_not_there(intake: Intake) -> None:
    await post_news(intake, "9月分の利用料金を掲載しました。")
    await intake.register_office(a_contract(office_code="KOB002", company_abbreviation="KOB"))
    browser = await intake.logged_in()
    (link,) = re.findall(r'href="(/news/\d+)"', (await browser.get("/menu")).text)

    opened = await browser.get(link)

    assert "9月分の利用料金を掲載しました。" in opened.text
    assert "未読" not in (await browser.get("/menu")).text
    assert (await (await intake.logged_in("KOB002")).get(link)).status_code == 404


async def test_news_about_an_application_leads_to_its_page(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    (link,) = re.findall(r'href="(/news/\d+)"', (await browser.get("/menu")).text)

    assert (await browser.get(link)).headers["location"] == f"/applications/{number}"


async def test_news_can_be_narrowed_to_a_category(intake: Intake) -> None:
    await post_news(intake, "料金のお知らせ")
    await post_news(intake, "証明書のお知らせ", category=NewsCategory.CERTIFICATE)
    browser = await intake.logged_in()

    assert texts_of(await browser.get("/news?category=certificate")) == ["証明書のお知らせ"]
    assert len(texts_of(await browser.get("/news?category=nonsense"))) == 2
    assert "このカテゴリの新着情報はありません" in (await browser.get("/news?category=system_setting")).text


async def test_many_news_come_in_pages_that_leave_none_out(intake: Intake) -> None:
    await post_news(intake, *(f"お知らせ{number}" for number in range(120)))
    browser, path, seen = await intake.logged_in(), "/news", []
    while path:
        page = await browser.get(path)
        seen += texts_of(page)
        following = re.search(r'href="(/news\?after=\d+)"', page.text)
        path = following.group(1) if following else ""

    assert seen == [f"お知らせ{number}" for number in range(119, -1, -1)]


def register_fields() -> dict[str, Any]:
    """A value for every field of the register that an office may lack, each one to be told from the others."""
    line = AccessLine(
        line_type="光アクセス", speed="1Gbps", system_class=SystemClass.SEA, maintenance="24時間保守", option="二重化"
    )
    user = ContractUser(
        user_code="1AB23",
        identification_number="001",
        division="共用",
        category="通関業",
        processing_mode=ProcessingMode.SMTP_POP3,
        started_on=date(2017, 10, 8),
        paid_statistics=True,
        free_statistics=True,
        bonded_record_storage=False,
    )
    return {
        "lines": [line],
        "users": [user, user.model_copy(update={"processing_mode": ProcessingMode.EDIFACT})],
        "sister_offices": ["NAC009"],
        "contract_ends_on": date(2031, 3, 31),
        "closed_on": date(2030, 12, 30),
        "head_office_address": "東京都港区見本町一丁目1番1号",
        "representative": "代表 太郎",
        "office_address": "東京都中央区見本町二丁目2番2号",
        "office_phone": "0312345678",
        "system_administrator": {
            "name": "管理 太郎",
            "email": "kanri-taro@naccs.example",
            "phone": "0120794551",
            "emergency_fax": "0312345679",
        },
        "applied_charge": "Aプラン適用料金",
        "applied_month": "2018-04",
        "logical_terminals": ["LT0009"],
        "mail_mode_terminals": 41,
        "smtp_two_way_addresses": 43,
        "net_terminals": ["端末A"],
        "certificates": ["証明書B"],
        "billing_address": "東京都中央区見本町三丁目3番3号",
        "billing_contact": "請求 桃子",
        "billing_phone": "0398765432",
        "payment_method": "口座振替",
    }


SHOWN_IN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "/contract": {
        "company_abbreviation": ("NAC",),
        "office_code": ("NAC003",),
        "system_class": ("共通",),
        "customs": ("東京税関",),
        "price_plan": ("標準プラン",),
        "applied_charge": ("Aプラン適用料金",),
        "applied_month": ("2018/04",),
        "contract_ends_on": ("2031/03/31",),
        "closed_on": ("2030/12/30",),
        "sister_offices": ("NAC009",),
    },
    "/contract/office": {
        "company_name": ("ナックス商事株式会社",),
        "office_name": ("第一営業所",),
        "contract_holder": ("契約 一郎", "代表取締役"),
        "system_administrator": ("管理 太郎", "kanri-taro@naccs.example", "0120794551", "0312345679"),
        "head_office_address": ("東京都港区見本町一丁目1番1号",),
        "representative": ("代表 太郎",),
        "office_address": ("東京都中央区見本町二丁目2番2号",),
        "office_phone": ("0312345678",),
    },
    "/contract/net-naccs": {"net_terminals": ("端末A",), "certificates": ("証明書B",)},
    "/contract/general-naccs": {
        "users": ("共用", "通関業", "1AB23", "001", "SMTP/POP3", "あり", "なし", "―", "2017/10/08"),
        "lines": ("光アクセス", "1Gbps", "海上", "24時間保守", "二重化"),
        "logical_terminals": ("LT0009",),
        "mail_mode_terminals": ("41",),
        "smtp_two_way_addresses": ("43",),
        "opening_mailboxes": ("NAC00301",),
    },
    "/contract/billing": {
        "billing_code": ("1234567",),
        "billing_address": ("東京都中央区見本町三丁目3番3号",),
        "billing_contact": ("請求 桃子",),
        "billing_phone": ("0398765432",),
        "payment_method": ("口座振替",),
    },
}
NOT_IN_A_TAB = {"contract_version", "default_contact"}
"""The number of the register's row, and whom the form starts with."""


async def test_the_contract_shows_every_field_of_the_register_in_its_tab(intake: Intake) -> None:
    fields = {name for shown in SHOWN_IN.values() for name in shown}
    assert fields | NOT_IN_A_TAB == ContractPublished.model_fields.keys()
    await intake.register_office(a_contract(office_code="NAC003", **register_fields()))
    browser = await intake.logged_in("NAC003")
    for path, shown in SHOWN_IN.items():
        page = (await browser.get(path)).text
        panel = page[page.index("</h1>") : page.index("</main>")]
        assert [text for texts in shown.values() for text in texts if text not in panel] == [], path
        assert [label for label in CONTRACT_TABS.values() if f">{label}</a>" in page] == list(CONTRACT_TABS.values())
        assert "契約情報を変更する" in page
    assert (await browser.get("/contract/elsewhere")).status_code == 404


async def test_the_list_of_mailboxes_says_of_when_it_is(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    issued_at = NOW + timedelta(hours=3)

    async def as_of() -> str:
        return (await browser.get("/contract/general-naccs")).text.partition('<p class="as-of">')[2][:21]

    assert await as_of() == "2018/10/24 10:00:00現在"
    await intake.consume(an_event(mail_sent(receipt_number=number, sent_at=issued_at)))
    assert await as_of() == "2018/10/24 10:00:00現在", "a mail changes no mailbox"
    await intake.consume(an_event(mailboxes_issued(receipt_number=number, issued_at=issued_at)))
    assert await as_of() == "2018/10/24 13:00:00現在"
    told = await (await program(intake)).get("/api/v1/offices/NAC001/contract")
    assert told.json()["as_of"] == "2018-10-24T04:00:00.000Z"


async def test_the_schedule_shows_both_deadlines_of_each_day_to_come(intake: Intake) -> None:
    page = (await (await intake.logged_in()).get("/schedule")).text

    rows = re.findall(r'<th scope="row">(\S+?)（.*?）</th>\s*<td>(\S+?)（.*?）</td>\s*<td>(\S+?)（.*?）</td>', page)
    assert ("2018/11/01", "2018/10/26") in [(row[0], row[2]) for row in rows]
    assert "受付中" in page


async def test_what_is_handled_elsewhere_names_who_telephone_and_hours_even_without_login(intake: Intake) -> None:
    for name, procedure in HANDLED_ELSEWHERE.items():
        page = (await intake.browser().get(f"/procedures/{name}")).text
        main = page[page.index("<main") : page.index("</main>")]
        for text in (procedure.title, procedure.contact.name, procedure.contact.phone, procedure.contact.hours):
            assert text in main, name


async def test_every_link_of_the_pages_of_text_leads_somewhere(intake: Intake) -> None:
    browser = await intake.logged_in()
    for path in ("/help", "/contact", "/examples", "/accessibility", "/privacy", "/procedures", "/menu"):
        page = (await browser.get(path)).text
        for href in re.findall(r'href="(/[^"#?]*)', page):
            assert (await browser.get(href)).status_code in (200, 303), (path, href)
        ids = set(re.findall(r'id="([^"]+)"', page))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= ids, path
