"""What may be typed into a form and what must come of it: the table that page and API answer alike.

Every case changes a valid form of NAC001 on 16 October 2018. `typed` holds texts by field, as the page posts them
(`requested_start_date` as the other date, `abolish` and `mailbox_ids` as ticks; the address is typed twice alike).
Either `errors` lists field and code of every error, or `values` says what the fields read as.
"""

# ruff: noqa: RUF001, E501  look-alikes of ASCII and long rows are what this table is made of

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Typed = Mapping[str, Any]
Errors = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FormCase:
    """One line of the table."""

    typed: Typed
    errors: Errors = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return ",".join(f"{name}={str(value)[:24]!r}" for name, value in self.typed.items())


FIRST_OF_NOVEMBER = date(2018, 11, 1)

DATES = (
    "20181101", "２０１８１１０１", " 20181101 ", "2018/11/1", "2018/11/01", "2018-11-01", "2018-11-1", "2018.11.1",
    "2018 11 1", "２０１８／１１／０１", "２０１８－１１－０１", "2018年11月1日", "2018年11月01日", "２０１８年１１月１日",
    "2018年 11月 1日", "平成30年11月1日", "平成３０年１１月１日", "平成30年11月01日", "H30.11.1", "h30.11.1", "H30/11/1",
    "Ｈ３０．１１．１", "H30-11-1", "　20181101　", "2018‐11‐01", "2018−11−01", "2018ー11ー01",
)  # fmt: skip
NO_DATES = (
    "2018110", "201811011", "20181131", "20190229", "20181301", "20180001", "abcdefgh", "2018/11", "11/1", "明日",
    "平成31年5月1日", "令和元年4月30日", "昭和65年1月1日", "18/11/1", "2018年11月", "20181101x", "2018//11//01", "0",
    "平成30年13月1日", "H30.2.29", "2018年11月31日", "２０１８１１３１", "1e9", "-20181101",
)  # fmt: skip
PHONES = {
    "0120794550": "0120794550", "0120-794-550": "0120794550", "０１２０７９４５５０": "0120794550",
    "０１２０－７９４－５５０": "0120794550", "03(1234)5678": "0312345678", "03 1234 5678": "0312345678",
    " 0312345678 ": "0312345678", "090-1234-5678": "09012345678", "05012345678": "05012345678",
    "0120‐794‐550": "0120794550", "0120−794−550": "0120794550", "0120ー794ー550": "0120794550",
    "（03）1234-5678": "0312345678", "08001234567": "08001234567",
}  # fmt: skip
NO_PHONES = ("1120794550", "012345678", "012345678901", "内線123", "+81312345678", "0120-794-55a", "電話", "-", "０")
KANA = {
    "ツウカン": "ツウカン", "つうかん": "ツウカン", "ﾂｳｶﾝ": "ツウカン", " ツウカン ": "ツウカン", "ﾊﾟｰﾃｨｰ": "パーティー",
    "ｶﾞ": "ガ", "か゛": "ガ", "はﾟ": "パ", "コーヒー": "コーヒー", "コ-ヒ-": "コーヒー", "コ－ヒ－": "コーヒー",
    "ツウ カン": "ツウ　カン", "ジョン・スミス": "ジョン・スミス", "ヴァ": "ヴァ", "ッ": "ッ",
}  # fmt: skip
NO_KANA = ("通関", "Tsukan", "ツウカン1", "ツウカン。", "ツウ,カン", "ｱ😀", "ア\nイ")
NAMES = {
    "通関": "通関", " 髙﨑 ": "髙﨑", "𠮷田": "𠮷田", "㈱通関": "㈱通関", "①": "①", "ﾊﾅｺ": "ハナコ", "Hanako": "Ｈａｎａｋｏ",
    "髙 﨑": "髙　﨑", "福": "福", "はなこ": "はなこ", "々木": "々木", "第1": "第１", "ABC": "ＡＢＣ", "ｶﾞｰﾄﾞ": "ガード",
    "あ" * 20: "あ" * 20,
}  # fmt: skip
EMAILS = {
    "a@naccs.example": "a@naccs.example", " a@NACCS.Example ": "a@naccs.example", "A.b@naccs.example": "A.b@naccs.example",
    "ａ＠ｎａｃｃｓ．ｅｘａｍｐｌｅ": "a@naccs.example", "a+b@naccs.example": "a+b@naccs.example",
    "a_b-c@sub.naccs.example": "a_b-c@sub.naccs.example", "1@2.example": "1@2.example",
}  # fmt: skip
NO_EMAILS = (
    "a", "a@", "@naccs.example", "a@b@c.example", "花子@naccs.example", "a b@naccs.example", "a@naccs", "a@-b.example",
    "a..b@naccs.example", "a@naccs..example", "a@" + "b" * 250 + ".jp", "a" * 65 + "@naccs.example", "a@naccs.example\nb",
    "a\r\nBcc: x@y.example", "<a@naccs.example>", '"a b"@naccs.example', "a,b@naccs.example", "a@[127.0.0.1]",
    "a<b@naccs.example", ".a@naccs.example", "a.@naccs.example", "a;b@naccs.example", "a(b)@naccs.example", "a@naccs.example.",
)  # fmt: skip
COUNTS = {"1": 1, "０１": 1, " 2 ": 2, "10": 10, "９８": 98, "98": 98, "03": 3}
NO_COUNTS = ("-1", "1.5", "100", "二", "1個", "+1", "1 0", "1e1", "0x1", "½", "９９９")
OFFICES = {"NAC001": "NAC001", "nac001": "NAC001", "ｎａｃ００１": "NAC001", " NAC001 ": "NAC001"}
NO_OFFICES = ("NAC01", "NAC0001", "NAC001\n1", "001NAC", "あいう001", "NAC00A", "NAC-01")
REASONS = {
    "増設のため。": "増設のため。", "一行目\r\n二行目\r\n": "一行目\n二行目", "あ\rい": "あ\nい", "あ" * 240: "あ" * 240,
    "𠮷" * 240: "𠮷" * 240, "ASCII and ㈱ ①": "ASCII and ㈱ ①", "<b>&amp;</b>": "<b>&amp;</b>", "{{7*7}}": "{{7*7}}",
    " 前後の空白 ": "前後の空白", "‘引用’—ダッシュ": "‘引用’—ダッシュ",
}  # fmt: skip
NO_REASONS = {
    "": "required", " 　\r\n ": "required", "あ" * 241: "too_long", "あ" * 239 + "\r\nい": "too_long",
    "タブ\tあり": "unprintable_character", "絵文字😀": "unprintable_character", "\ue000": "unprintable_character",
    "制御\x07文字": "unprintable_character", "ゼロ幅\u200b文字": "unprintable_character",
    "右から\u202e左": "unprintable_character",
}  # fmt: skip


def shared_cases() -> Iterator[FormCase]:
    """Every case that both page and API can be asked."""
    yield FormCase({}, values={"office_code": "NAC001", "add_smtp_pop3": 1})
    yield from _start_dates()
    yield from _contacts()
    yield from _emails()
    yield from _counts_and_offices()
    yield from _reasons()
    yield from _wishes()
    yield from _reissues()


def _start_dates() -> Iterator[FormCase]:
    name = "requested_start_date"
    for text in DATES:
        yield FormCase({name: text}, values={name: FIRST_OF_NOVEMBER})
    for text in NO_DATES:
        yield FormCase({name: text}, ((name, "not_a_date"),))
    yield FormCase({name: ""}, ((name, "required"),))
    yield FormCase({name: " "}, ((name, "required"),))
    for text in ("20181016", "20181015", "20171101", "平成30年10月16日"):
        yield FormCase({name: text}, ((name, "date_not_in_future"),))
    for text in ("20191017", "20991231", "令和7年1月1日"):
        yield FormCase({name: text}, ((name, "date_too_far"),))
    for text, day in (
        ("20181017", date(2018, 10, 17)),
        ("20191016", date(2019, 10, 16)),
        ("令和元年5月1日", date(2019, 5, 1)),
    ):
        yield FormCase({name: text}, values={name: day})


def _contacts() -> Iterator[FormCase]:
    for name in ("family_name", "given_name"):
        for text, read in NAMES.items():
            yield FormCase({name: text}, values={name: read})
        yield FormCase({name: ""}, ((name, "required"),))
        yield FormCase({name: "あ" * 21}, ((name, "too_long"),))
        yield FormCase({name: "通\ue000"}, ((name, "unprintable_character"),))
        yield FormCase({name: "花😀"}, ((name, "unprintable_character"),))
        yield FormCase({name: "通関\n花子"}, ((name, "not_full_width"),))
    yield from _kana()
    yield from _telephones()


def _kana() -> Iterator[FormCase]:
    for text, read in KANA.items():
        yield FormCase({"family_name_kana": text}, values={"family_name_kana": read})
    for text in NO_KANA:
        yield FormCase({"given_name_kana": text}, (("given_name_kana", "not_katakana"),))
    for name in ("family_name_kana", "given_name_kana"):
        yield FormCase({name: ""}, ((name, "required"),))
        yield FormCase({name: "ア" * 31}, ((name, "too_long"),))
    for name in ("department", "title"):
        yield FormCase({name: ""}, values={name: None})
        yield FormCase({name: "第1営業部"}, values={name: "第１営業部"})
        yield FormCase({name: "部" * 31}, ((name, "too_long"),))


def _telephones() -> Iterator[FormCase]:
    for text, digits in PHONES.items():
        yield FormCase({"phone": text}, values={"phone": digits})
    for text in NO_PHONES:
        yield FormCase({"phone": text}, (("phone", "not_a_phone_number"),))
    yield FormCase({"phone": ""}, (("phone", "required"),))
    yield FormCase({"fax": ""}, values={"fax": None})
    yield FormCase({"fax": "０３－９８７６－５４３２"}, values={"fax": "0398765432"})
    yield FormCase({"fax": "12"}, (("fax", "not_a_phone_number"),))


def _emails() -> Iterator[FormCase]:
    for text, read in EMAILS.items():
        yield FormCase({"email": text}, values={"email": read})
    for text in NO_EMAILS:
        yield FormCase({"email": text}, (("email", "not_an_email"),))


def _counts_and_offices() -> Iterator[FormCase]:
    for text, count in COUNTS.items():
        yield FormCase({"add_smtp_pop3": text}, values={"add_smtp_pop3": count})
    for text in NO_COUNTS:
        yield FormCase({"add_edifact": text}, (("add_edifact", "not_a_count"),))
    for text, code in OFFICES.items():
        yield FormCase({"office_code": text}, values={"office_code": code})
    for text in NO_OFFICES:
        yield FormCase({"office_code": text}, (("office_code", "not_an_office_code"),))
    yield FormCase({"office_code": ""}, (("office_code", "required"),))
    yield FormCase({"office_code": "NAC002"}, (("office_code", "office_not_granted"),))
    yield FormCase({"office_code": "XYZ001"}, (("office_code", "office_not_granted"),))


def _reasons() -> Iterator[FormCase]:
    for text, read in REASONS.items():
        yield FormCase({"reason": text}, values={"reason": read})
    for text, code in NO_REASONS.items():
        yield FormCase({"reason": text}, (("reason", code),))


def _wishes() -> Iterator[FormCase]:
    yield FormCase({"add_smtp_pop3": ""}, (("add_smtp_pop3", "nothing_asked"),))
    yield FormCase({"add_smtp_pop3": "0", "add_edifact": "00"}, (("add_smtp_pop3", "nothing_asked"),))
    yield FormCase({"add_smtp_pop3": "99"}, (("add_smtp_pop3", "ids_exhausted"),))
    yield FormCase({"add_smtp_pop3": "98", "add_edifact": "1"}, (("add_smtp_pop3", "ids_exhausted"),))
    yield FormCase({"add_smtp_pop3": "97", "add_edifact": "1"}, values={"add_smtp_pop3": 97, "add_edifact": 1})
    yield FormCase({"abolish": ["NAC00101"], "add_smtp_pop3": ""}, values={"abolish": ("NAC00101",)})
    yield FormCase({"abolish": ["NAC00101"]}, values={"abolish": ("NAC00101",), "add_smtp_pop3": 1})
    yield FormCase({"abolish": ["XYZ99901"]}, (("abolish", "mailbox_unknown"),))
    yield FormCase({"abolish": ["NAC00199"]}, (("abolish", "mailbox_unknown"),))
    yield FormCase(
        {"phone": "12", "reason": "", "add_smtp_pop3": "many", "family_name": ""},
        (
            ("reason", "required"),
            ("family_name", "required"),
            ("phone", "not_a_phone_number"),
            ("add_smtp_pop3", "not_a_count"),
        ),
    )


def _reissues() -> Iterator[FormCase]:
    reissue = {"kind": "password_reissue"}
    yield FormCase({**reissue, "mailbox_ids": ["NAC00101"]}, values={"mailbox_ids": ("NAC00101",)})
    yield FormCase({**reissue, "mailbox_ids": []}, (("mailbox_ids", "mailbox_not_chosen"),))
    yield FormCase({**reissue, "mailbox_ids": ["NAC00109"]}, (("mailbox_ids", "mailbox_unknown"),))
    yield FormCase({**reissue, "mailbox_ids": ["XYZ99901"]}, (("mailbox_ids", "mailbox_unknown"),))
    yield FormCase(
        {**reissue, "mailbox_ids": ["NAC00101"], "reason": "", "phone": "x"},
        (("reason", "required"), ("phone", "not_a_phone_number")),
    )


SHARED_CASES = tuple(shared_cases())

PAGE_CASES = (
    FormCase({"start_date_choice": ""}, (("requested_start_date", "required"),)),
    FormCase({"start_date_choice": "other"}, (("requested_start_date", "required"),)),
    FormCase({"start_date_choice": "tomorrow"}, (("requested_start_date", "not_a_date"),)),
    FormCase(
        {"start_date_choice": "2018-11-01", "requested_start_date": "not a date"},
        (("requested_start_date", "not_a_date"),),
    ),
    FormCase(
        {"start_date_choice": "2018-11-01", "requested_start_date": "20181108"},
        (("requested_start_date", "start_date_ambiguous"),),
    ),
    FormCase({"start_date_choice": "2018-10-16"}, (("requested_start_date", "date_not_in_future"),)),
    FormCase({"email": ""}, (("email", "required"), ("email_again", "required"))),
    FormCase({"email_again": ""}, (("email_again", "required"),)),
    FormCase({"email_again": "other@naccs.example"}, (("email_again", "emails_differ"),)),
    FormCase({"items": ()}, (("items", "item_missing"),)),
    FormCase({"items": ("unheard_of",)}, (("items", "item_unknown"),)),
    FormCase({"items": ("mailbox_count", "lines")}, (("items", "item_not_here"),)),
    FormCase({"items": ("termination",)}, (("items", "item_not_here"),)),
    FormCase({"items": ("mailbox_count", "termination")}, (("items", "items_exclude_each_other"),)),
    FormCase({"items": ("bonded_record_storage",)}, (("items", "storage_needs_statistics"),)),
    FormCase({"items": ("bonded_record_storage", "statistics")}, (("items", "item_not_here"),)),
    FormCase({"kind": "termination"}, (("kind", "kind_unknown"),)),
)
"""What only a page can be asked: its radios, the address typed again, the items, and the form it is."""
