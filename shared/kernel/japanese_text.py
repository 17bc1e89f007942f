"""Japanese input: what is widened, narrowed or mapped, and what is refused (domain rules, section 5).

Names and company texts are never NFC- or NFKC-normalised: that would replace their very characters
(`﨑`, `㈱` and `①` among them). Only `widen` may touch them.
"""

import re
import unicodedata
from datetime import date

import jaconv

# What people type for a hyphen: ASCII, typographic, full-width, minus, box-drawing (as part of a pattern's class).
# The long vowel mark is one between digits only.
_HYPHENS = r"\-‐‑‒–—―−－﹣─━"  # noqa: RUF001  look-alikes are the point
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_VOICED, _HALF_VOICED = "\u3099", "\u309a"
_STRAY_MARKS = str.maketrans({"゛": _VOICED, "ﾞ": _VOICED, "゜": _HALF_VOICED, "ﾟ": _HALF_VOICED})
# Letters of everyday names, and the dash of Japanese sentences, that the two character sets below lack.
_ALSO_PRINTED = frozenset("𠮷—")
_CHARACTER_SETS = ("euc_jis_2004", "cp932")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})

# Printable ASCII, half-width kana, and the marks that join a letter: most names have none of them.
_MAY_WIDEN = re.compile(rf"[ -~｡-ﾟ{_VOICED}{_HALF_VOICED}]")
_KATAKANA = re.compile(r"[ァ-ヴー・　]+")
_KANA_HYPHEN = re.compile(rf"(?<=[ァ-ヴー])[{_HYPHENS}]+")
_PHONE_ORNAMENTS = re.compile(rf"[\s()\[\]{_HYPHENS}ー]")

_WESTERN_DATE = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SEPARATED_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:\s*[/.-]\s*|\s+)(?P<month>[0-9]{1,2})(?:\s*[/.-]\s*|\s+)(?P<day>[0-9]{1,2})"
)
_WRITTEN_DATE = re.compile(
    r"(?P<era>昭和|平成|令和)?\s*(?P<year>元|[0-9]{1,4})\s*年\s*(?P<month>[0-9]{1,2})\s*月\s*(?P<day>[0-9]{1,2})\s*日"
)
_SHORT_ERA_DATE = re.compile(
    r"(?P<era>[SHR])(?P<year>[0-9]{1,2})\s*[/.-]\s*(?P<month>[0-9]{1,2})\s*[/.-]\s*(?P<day>[0-9]{1,2})", re.IGNORECASE
)
_DATE_FORMS = (_WESTERN_DATE, _SEPARATED_DATE, _WRITTEN_DATE, _SHORT_ERA_DATE)
_ERAS = {
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (date(2019, 5, 1), date.max),
}
_SHORT_ERAS = {"S": "昭和", "H": "平成", "R": "令和"}


def widen(text: str) -> str:
    """For 全角 fields: half-width kana and printable ASCII (the space too) become full-width; nothing else changes.

    Voicing marks that follow their kana, half-width or combining, are joined with it. Trims.
    """
    trimmed = _trim(text)
    if _MAY_WIDEN.search(trimmed) is None:
        return trimmed
    return _join_marks(jaconv.h2z(trimmed, kana=True, ascii=True, digit=True))


def to_katakana(text: str) -> str:
    """For kana fields: hiragana and half-width kana become katakana, a hyphen-like letter after kana becomes ー.

    Voicing marks join the kana before them; a mark that fits nothing is dropped. Spaces become full-width. Trims.
    """
    # Loose marks first: NFKC would turn them into a space and a combining mark.
    composed = unicodedata.normalize("NFKC", _trim(text).translate(_STRAY_MARKS))
    bare = composed.replace(_VOICED, "").replace(_HALF_VOICED, "").replace(" ", "　")
    return _KANA_HYPHEN.sub(lambda hyphens: "ー" * len(hyphens[0]), jaconv.hira2kata(bare)).strip()


def narrow(text: str) -> str:
    """For code, count, date and e-mail fields: NFKC, trimmed. Never for names."""
    return _trim(unicodedata.normalize("NFKC", text))


def digits_only(text: str) -> str:
    """For telephone fields: narrowed; every hyphen-like letter, bracket and space removed. Anything else stays."""
    return _PHONE_ORNAMENTS.sub("", narrow(text))


def is_full_width(text: str) -> bool:
    """Whether every character counts as full-width (B16); a line feed does not. True for the empty text."""
    return all(_is_full_width(character) for character in text)


def is_katakana(text: str) -> bool:
    """Whether the text is katakana, ー, ・ and full-width spaces only, and not empty."""
    return _KATAKANA.fullmatch(text) is not None


def unprintable_characters(text: str) -> list[str]:
    """Characters outside JIS X 0213 and Windows-31J, controls, emoji and private-use ones, each once, in order.

    The line feed passes, because reasons may have several lines; `is_full_width` refuses it in one-line fields.
    """
    return [character for character in dict.fromkeys(text) if not _is_printable(character)]


def parse_japanese_date(text: str) -> date | None:
    """A date from 20181101, 2018/11/1, 2018-11-01, 2018年11月1日, 平成30年11月1日, H30.11.1, any of them full-width.

    None if no single real date results (E16); a date before or after its era is not real.
    """
    narrowed = re.sub(f"[{_HYPHENS}ー]", "-", narrow(text))
    for form in _DATE_FORMS:
        if match := form.fullmatch(narrowed):
            return _date_of(match.groupdict())
    return None


def _trim(text: str) -> str:
    # Pasted text brings zero-width characters that nobody sees and str.strip() keeps.
    return text.strip().strip(_INVISIBLE).strip()


def _joined_marks() -> dict[str, str]:
    kana = [chr(code) for code in range(ord("ぁ"), ord("ヿ") + 1)]
    pairs = {letter + mark: unicodedata.normalize("NFC", letter + mark) for letter in kana for mark in "\u3099\u309a"}
    return {pair: joined for pair, joined in pairs.items() if len(joined) == 1}


_JOINED_MARKS = _joined_marks()
_LETTER_WITH_MARK = re.compile("|".join(_JOINED_MARKS))
_NARROW_MARKS = str.maketrans({"ﾞ": _VOICED, "ﾟ": _HALF_VOICED})
_LOOSE_MARKS = str.maketrans({_VOICED: "゛", _HALF_VOICED: "゜"})


def _join_marks(text: str) -> str:
    # Kana by kana from a table: NFC over the whole text would replace compatibility kanji.
    joined = _LETTER_WITH_MARK.sub(lambda pair: _JOINED_MARKS[pair[0]], text.translate(_NARROW_MARKS))
    return joined.translate(_LOOSE_MARKS)


def _is_full_width(character: str) -> bool:
    if unicodedata.east_asian_width(character) in "WF" or character in _ALSO_PRINTED:
        return True
    # Neutral and ambiguous ones (①, −, Я) are full-width when Japanese character sets give them two bytes.
    return any(len(_encoded(character, charset)) == 2 for charset in ("cp932", "shift_jis"))


def _is_printable(character: str) -> bool:
    if character == "\n" or character in _ALSO_PRINTED:
        return True
    if unicodedata.category(character) in _REFUSED_CATEGORIES:
        return False
    return any(_encoded(character, charset) for charset in _CHARACTER_SETS)


def _encoded(character: str, charset: str) -> bytes:
    return character.encode(charset, errors="ignore")


def _date_of(parts: dict[str, str]) -> date | None:
    era = parts.get("era")
    year = 1 if parts["year"] == "元" else int(parts["year"])
    if era is None:
        return _real_date(year, parts) if len(parts["year"]) == 4 else None
    first, last = _ERAS[_SHORT_ERAS.get(era.upper(), era)]
    found = _real_date(first.year + year - 1, parts)
    return found if found and first <= found <= last else None


def _real_date(year: int, parts: dict[str, str]) -> date | None:
    try:
        return date(year, int(parts["month"]), int(parts["day"]))
    except ValueError:
        return None
