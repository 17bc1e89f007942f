"""Tabs of the contract, and procedures that the Center takes by telephone instead of through this portal."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.runtime.web.labels import HELP_CONTACTS, HelpContact

CONTRACT_TABS: Mapping[str, str] = {
    "outline": "契約概要",
    "office": "事業所",
    "net-naccs": "netNACCS",
    "general-naccs": "一般NACCS",
    "billing": "請求先",
}
"""By the last part of the address."""


@dataclass(frozen=True, slots=True)
class HandledElsewhere:
    """A procedure: what it is for, who takes it, and what to have at hand. `tab` is its tab of the portal, if any."""

    title: str
    purpose: str
    contact: HelpContact
    have_ready: tuple[str, ...]
    tab: str = ""


_HELP_DESK, _CONTRACT_SECTION = HELP_CONTACTS

HANDLED_ELSEWHERE: Mapping[str, HandledElsewhere] = {
    "system-setting": HandledElsewhere(
        "システム設定の申込",
        "端末や出力先などの調査票を提出し、システムの設定を変更する手続きです。"
        "契約内容の変更によっては、別途この手続きが必要となる場合があります。",
        _CONTRACT_SECTION,
        ("事業所コード", "関連する申込がある場合は、申込受付番号", "設定を変更したい利用者コード"),
    ),
    "customs-specialist": HandledElsewhere(
        "通関士IDの追加",
        "通関士の利用者IDを追加する手続きです。",
        _CONTRACT_SECTION,
        ("事業所コード", "追加する人数", "利用開始を希望する日"),
    ),
    "certificate": HandledElsewhere(
        "クライアント証明書の再発行",
        "端末の入替えや故障により、クライアント証明書を再度取得する手続きです。",
        _HELP_DESK,
        ("事業所コード", "証明書をお使いの端末", "再発行が必要となった理由"),
    ),
    "billing": HandledElsewhere(
        "請求金額の参照",
        "ご請求金額と、その内訳をご案内します。請求先のご登録内容は「契約内容確認」の「請求先」でご確認いただけます。",
        _CONTRACT_SECTION,
        ("事業所コード", "請求先コード", "確認したい請求年月"),
        tab="請求内容参照",
    ),
    "other-changes": HandledElsewhere(
        "メールボックス数以外の契約変更",
        "企業名・所在地、利用者コード、回線、料金プラン、請求先などの変更です。",
        _CONTRACT_SECTION,
        ("事業所コード", "変更する項目と内容", "変更を希望する日"),
    ),
}
"""By the last part of the address."""
