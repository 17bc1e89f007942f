"""Japanese texts of the web kit: error pages, messages for refused API fields, help contacts, shared words."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.intake_events import ProcessingMode, SystemClass
from shared.contracts.notifier_events import Mail

PRODUCT_NAME = "NACCSサポートシステム"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """Heading and advice of an error page."""

    title: str
    advice: str


@dataclass(frozen=True, slots=True)
class HelpContact:
    """Whom to call, and when."""

    name: str
    phone: str
    hours: str


HELP_CONTACTS: tuple[HelpContact, ...] = (
    HelpContact("ヘルプデスク", "0120-794-550", "終日"),
    HelpContact("ソリューション事業推進部 利用契約事務課", "044-520-6266", "平日 9:00～18:00"),
)

ERROR_TEXTS: Mapping[int, ErrorText] = {
    400: ErrorText("送信された内容を読み取れませんでした", "前の画面に戻り、もう一度入力してください。"),
    401: ErrorText("ログインしてください", "この画面をご覧いただくにはログインが必要です。"),
    403: ErrorText("この操作は受け付けられません", "メニューからもう一度操作してください。"),
    404: ErrorText("ページが見つかりません", "アドレスに誤りがないかご確認ください。"),
    405: ErrorText("この操作は行えません", "メニューからもう一度操作してください。"),
    409: ErrorText("状態が変わったため、操作を完了できませんでした", "最新の状態をご確認ください。"),
    413: ErrorText("送信された内容が大きすぎます", "入力内容を短くして、もう一度送信してください。"),
    415: ErrorText("この形式は受け付けられません", "画面のボタンから送信してください。"),
    422: ErrorText("入力内容に誤りがあります", "入力内容をご確認ください。"),
    429: ErrorText("操作の回数が多すぎます", "しばらく待ってから、もう一度操作してください。"),
    500: ErrorText("システムに問題が発生しました", "しばらく待ってから、もう一度操作してください。"),
    503: ErrorText("ただいま混み合っています", "しばらく待ってから、もう一度操作してください。"),
}

FIELD_MESSAGES: Mapping[str, str] = {
    "missing": "入力してください",
    "json_invalid": "JSONとして読み取れません",
    "extra_forbidden": "この項目は受け付けていません",
    "string_too_short": "入力してください",
    "string_too_long": "文字数が多すぎます",
    "int_parsing": "整数を入力してください",
    "date_from_datetime_parsing": "日付を入力してください",
    "enum": "選択肢から選んでください",
    "literal_error": "選択肢から選んでください",
}
"""By pydantic error type."""

OTHER_FIELD_MESSAGE = "入力内容が正しくありません"

# Words for values of the contracts that more than one service shows alike.
MAIL_LABELS: Mapping[Mail, str] = {
    Mail.M1: "利用申込受付完了のお知らせ",
    Mail.M2: "利用申込確認完了のお知らせ",
    Mail.M3: "利用申込に関する確認事項のお知らせ",
    Mail.M4: "修正受付のお知らせ",
    Mail.M5: "利用申込取下げのお知らせ",
    Mail.M6: "利用申込無効のお知らせ",
    Mail.M7: "利用開始日変更のお知らせ",
    Mail.M8: "パスワード参照期間終了のお知らせ（事前）",
    Mail.M9: "パスワード再発行完了のお知らせ",
    Mail.M10: "確認事項へのご回答のお願い",
    Mail.M11: "確認事項取消しのお知らせ",
    Mail.M12: "取下げを受け付けられなかったことのお知らせ",
}

SYSTEM_CLASS_LABELS: Mapping[SystemClass, str] = {
    SystemClass.SEA: "海上",
    SystemClass.AIR: "航空",
    SystemClass.COMMON: "共通",
}

PROCESSING_MODE_LABELS: Mapping[ProcessingMode, str] = {
    ProcessingMode.SMTP_POP3: "SMTP/POP3",
    ProcessingMode.EDIFACT: "EDIFACT",
    ProcessingMode.SMTP_TWO_WAY: "SMTP双方向",
    ProcessingMode.PACKAGE: "パッケージソフト",
    ProcessingMode.WEB: "WebNACCS",
    ProcessingMode.NETAPI: "netAPI",
    ProcessingMode.EBMS: "ebMS",
}
