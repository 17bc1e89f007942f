"""Whatever has one meaning is accepted and brought to one form; names keep their very characters."""
# ruff: noqa: RUF001  full-width letters and look-alikes are the material here

import string
import unicodedata
from datetime import date

import jaconv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.japanese_text import (
    digits_only,
    is_full_width,
    is_katakana,
    narrow,
    parse_japanese_date,
    to_katakana,
    unprintable_characters,
    widen,
)

NAMES = [
    "髙橋", "山﨑", "𠮷野", "渡邉", "渡邊", "\ufa19田", "\ufa1b田", "\ufa10本", "德永", "濵田", "彅", "辻", "葛城",
    "芦屋", "草彅", "㈱ナックス", "①課", "ナックス商事株式会社　第一営業所", "第Ⅲ営業部", "№５", "㌔", "ヴ", "が", "パ",
    "〇〇", "々", "〆", "Ａ＆Ｂ", "！（）：～", "ー－―‐−", "Ω", "Я", "゛", "か゛",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_full_width_already_are_not_touched(name: str) -> None:
    assert widen(name) == name
    assert is_full_width(name)
    assert unprintable_characters(name) == []


@pytest.mark.parametrize("name", ["\ufa19", "\ufa10", "\ufa1b", "㈱", "①", "㌔", "Ⅲ"])
def test_normalising_would_have_replaced_some_of_them(name: str) -> None:
    assert unicodedata.normalize("NFKC", name) != name
    assert widen(name) == name


@pytest.mark.parametrize(
    ("typed", "wide"),
    [
        ("ABC xyz 019", "ＡＢＣ　ｘｙｚ　０１９"),
        ("A&B Co., Ltd.", "Ａ＆Ｂ　Ｃｏ．，　Ｌｔｄ．"),
        ("\"'`~\\-(1)", "＂＇｀～＼－（１）"),
        ("ﾅｯｸｽ", "ナックス"),
        ("ｶﾞｷﾞｸﾞｳﾞﾊﾟﾋﾟ", "ガギグヴパピ"),
        ("カﾞハﾟ", "ガパ"),
        ("か\u3099は\u309a", "がぱ"),
        ("ｱﾞ", "ア゛"),
        ("ﾟ", "゜"),
        ("｢ｱ･ｲ｣､ｳ｡ｰ", "「ア・イ」、ウ。ー"),
        ("　 通関 花子 　", "通関　花子"),
        ("\u200b通関\ufeff", "通関"),
        ("\ufa19ｱ﨑", "\ufa19ア﨑"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_half_width_letters_become_full_width(typed: str, wide: str) -> None:
    assert widen(typed) == wide


def test_every_printable_ascii_letter_has_its_full_width_form() -> None:
    wide = widen("a" + "".join(map(chr, range(0x20, 0x7F))) + "z")
    assert wide == "ａ　" + "".join(map(chr, range(0xFF01, 0xFF5F))) + "ｚ"
    assert is_full_width(wide)
    assert narrow(wide) == "a" + "".join(map(chr, range(0x20, 0x7F))) + "z"


def test_every_half_width_kana_is_widened_as_the_standard_does() -> None:
    for code in range(0xFF61, 0xFF9E):
        assert widen(chr(code)) == unicodedata.normalize("NFKC", chr(code))


def test_no_letter_that_has_a_wide_form_is_passed_by() -> None:
    letters = [chr(code) for code in range(0x10000) if not chr(code).isspace() and chr(code).isprintable()]
    wide = [letter for letter in letters if jaconv.h2z(letter, kana=True, ascii=True, digit=True) != letter]
    assert len(wide) > 150
    assert [letter for letter in wide if letter in widen(f"漢{letter}字")] == []


@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x2FFFF, exclude_categories=["Cs"])))
def test_widening_changes_no_ideograph(text: str) -> None:
    kanji = "".join(c for c in text if "IDEOGRAPH" in unicodedata.name(c, ""))
    assert widen(kanji) == kanji


@given(st.text())
def test_widening_twice_changes_nothing_more(text: str) -> None:
    assert widen(widen(text)) == widen(text)


@pytest.mark.parametrize(
    ("typed", "kana"),
    [
        ("ツウカン", "ツウカン"),
        ("ﾂｳｶﾝ", "ツウカン"),
        ("つうかん", "ツウカン"),
        ("つうｶﾝ ﾊﾅｺ", "ツウカン　ハナコ"),
        ("ツウカン  ハナコ ", "ツウカン　　ハナコ"),
        ("ﾊﾞｰｼﾞﾆｱ", "バージニア"),
        ("ゔぁいおりん", "ヴァイオリン"),
        ("カ゛キ゜", "ガキ"),
        ("か゛く", "ガク"),
        ("カ\u3099", "ガ"),
        ("カﾞ", "ガ"),
        ("ア゛", "ア"),
        ("゛", ""),
        ("ハ゜", "パ"),
        ("サ‐ビス", "サービス"),
        ("サ－ビス", "サービス"),
        ("サ−ビス", "サービス"),
        ("サ―ビス", "サービス"),
        ("サ-ビス", "サービス"),
        ("ｻｰﾋﾞｽ", "サービス"),
        ("サ—ビス", "サービス"),
        ("サ─ビス", "サービス"),
        ("エー－", "エーー"),
        ("ジャン･ポール", "ジャン・ポール"),
        ("", ""),
    ],
)
def test_kana_in_any_form_become_katakana(typed: str, kana: str) -> None:
    assert to_katakana(typed) == kana
    assert is_katakana(kana) == (kana != "")


@pytest.mark.parametrize("typed", ["－ツウ", "1-2", "A‐B", "通－関"])
def test_a_hyphen_that_follows_no_kana_is_left_for_refusal(typed: str) -> None:
    assert "ー" not in to_katakana(typed)
    assert not is_katakana(to_katakana(typed))


@pytest.mark.parametrize(
    "text", ["", "通関", "つうかん", "ﾂｳｶﾝ", "ツウカン\n", "ツウ カン", "ツウA", "ツウ1", "ヵ゛", "ヽ"]
)
def test_what_is_not_katakana_is_told(text: str) -> None:
    assert not is_katakana(text)


def test_every_hiragana_has_its_katakana() -> None:
    hiragana = "".join(map(chr, range(0x3041, 0x3097)))
    assert to_katakana(hiragana) == "".join(map(chr, range(0x30A1, 0x30F7)))


@given(st.text(st.sampled_from("かカｶﾞ゛\u3099は゜ﾟー－-あンA 　")))
def test_kana_conversion_is_stable_and_leaves_no_loose_mark(text: str) -> None:
    once = to_katakana(text)
    assert to_katakana(once) == once
    assert not set(once) & set("゛゜ﾞﾟ\u3099\u309a")


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("0120794550", "0120794550"),
        ("0120-794-550", "0120794550"),
        ("０１２０－７９４－５５０", "0120794550"),
        ("０１２０ー７９４ー５５０", "0120794550"),
        ("0120−794―550", "0120794550"),
        ("0120‐794–550", "0120794550"),
        ("0120—794‑550", "0120794550"),
        ("0120ｰ794ｰ550", "0120794550"),
        (" 03 (1234) 5678 ", "0312345678"),
        ("（０３）１２３４　５６７８", "0312345678"),
        ("[03]1234-5678", "0312345678"),
        ("", ""),
        ("ほ-1", "ほ1"),
        ("+81-3-1234-5678", "+81312345678"),
    ],
)
def test_telephone_numbers_lose_their_ornaments_and_nothing_else(typed: str, digits: str) -> None:
    assert digits_only(typed) == digits


@pytest.mark.parametrize(
    ("typed", "narrowed"),
    [
        ("ＮＡＣ００１", "NAC001"),
        ("　nac001　", "nac001"),
        ("tsukan－hanako＠naccs．example", "tsukan-hanako@naccs.example"),
        ("①", "1"),
        ("\ufeff１２\u200b", "12"),
        ("", ""),
    ],
)
def test_codes_counts_and_addresses_are_narrowed(typed: str, narrowed: str) -> None:
    assert narrow(typed) == narrowed


@pytest.mark.parametrize("text", ["a", "1", " ", "ｱ", "é", "ö", "\n", "全a角", "¥"])
def test_what_is_not_full_width_is_told(text: str) -> None:
    assert not is_full_width(text)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("髙﨑𠮷①㈱神彅—é", []),
        ("一行目\n二行目", []),
        ("a\x00b", ["\x00"]),
        ("a\tb\r\n", ["\t", "\r"]),
        ("\x85\u2028", ["\x85", "\u2028"]),
        ("完了😀です👍😀", ["😀", "👍"]),
        ("\ue000\U000f0000", ["\ue000", "\U000f0000"]),
        ("葛\U000e0100", ["\U000e0100"]),
        ("안녕", ["안", "녕"]),
        ("通\u200b関", ["\u200b"]),
        ("\u202e逆", ["\u202e"]),
        ("", []),
    ],
)
def test_characters_that_no_notice_can_print_are_listed_once_in_order(text: str, refused: list[str]) -> None:
    assert unprintable_characters(text) == refused


def test_everything_on_a_japanese_keyboard_prints() -> None:
    printable = string.ascii_letters + string.digits + string.punctuation + " 　"
    assert unprintable_characters(printable + "".join(map(chr, range(0x3041, 0x3097)))) == []


THE_DAY = date(2018, 11, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "20181101", "2018/11/1", "2018/11/01", "2018-11-01", "2018-11-1", "2018.11.1", "2018年11月1日",
        "2018年11月01日",
        "平成30年11月1日", "平成３０年１１月１日", "H30.11.1", "h30/11/01", "Ｈ３０．１１．１", "２０１８１１０１",
        "２０１８／１１／１", "２０１８年１１月１日", "２０１８－１１－０１", "2018−11−01", "2018‐11‐01",
        "2018ー11ー01",
        " 2018/11/1 ", "　２０１８１１０１　", "2018 / 11 / 1", "2018年 11月 1日", "2018 11 1", "平成 30年11月1日",
        "㍻30年11月1日", "2018/11/1\n",
    ],
)  # fmt: skip
def test_every_form_of_one_date_is_accepted(typed: str) -> None:
    assert parse_japanese_date(typed) == THE_DAY


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("令和8年12月1日", date(2026, 12, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和1年5月1日", date(2019, 5, 1)),
        ("㋿８年１２月１日", date(2026, 12, 1)),
        ("R8.12.1", date(2026, 12, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("昭和元年12月25日", date(1926, 12, 25)),
        ("S39.10.10", date(1964, 10, 10)),
        ("20240229", date(2024, 2, 29)),
        ("2027年1月4日", date(2027, 1, 4)),
    ],
)
def test_dates_of_each_era_are_read(typed: str, meant: date) -> None:
    assert parse_japanese_date(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "2018110", "201811011", "20181131", "20180229", "20181301", "20181100", "2018/13/1", "2018/2/30",
        "18/11/1", "181101", "11/1", "11月1日", "2018/11", "2018年11月", "18年11月1日", "明日", "1/11/2018", "2018/111",
        "平成31年5月1日", "令和元年4月30日", "令和0年5月1日", "平成64年1月7日", "昭和64年1月8日", "昭和元年12月24日",
        "大正15年1月1日", "元年11月1日", "X30.11.1", "R8年", "2018111", "00000101", "2018年11月1日です",
        "2018-11-01T00:00",
        "令和9999年1月1日", "２０１８年１３月１日", "-2018/11/1",
    ],
)  # fmt: skip
def test_what_is_not_a_single_real_date_is_none(typed: str) -> None:
    assert parse_japanese_date(typed) is None


@given(st.dates(date(1000, 1, 1)))
def test_every_date_is_read_back_from_each_western_form(day: date) -> None:
    full_width = f"{day:%Y%m%d}".translate({ord("0") + n: ord("０") + n for n in range(10)})
    for text in (f"{day:%Y%m%d}", day.isoformat(), f"{day.year}/{day.month}/{day.day}", full_width):
        assert parse_japanese_date(text) == day
    assert parse_japanese_date(f"{day.year}年{day.month}月{day.day}日") == day


@given(st.text())
def test_no_text_makes_the_rules_fail(text: str) -> None:
    parse_japanese_date(text)
    to_katakana(text)
    digits_only(text)
    is_full_width(widen(text))
    unprintable_characters(text)
