"""Japanese words for what the ID notice shows; every dictionary covers its whole enum."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.provisioning.domain.notice import NoticeAction, PasswordDisplay
from services.provisioning.domain.ticket import NoticeFault
from shared.contracts.event_data import MailboxKind
from shared.runtime.web.labels import SYSTEM_CLASS_LABELS as SYSTEM_CLASS_LABELS

MAILBOX_KIND_LABELS: Mapping[MailboxKind, str] = {
    MailboxKind.SMTP_POP3: "メール（SMTP/POP3）",
    MailboxKind.EDIFACT: "EDIFACT",
}

PASSWORD_DISPLAY_LABELS: Mapping[PasswordDisplay, str] = {
    PasswordDisplay.MASKED: "非表示",
    PasswordDisplay.REVEALED: "表示中",
    PasswordDisplay.WINDOW_OVER: "参照期間終了",
}


NOTICE_ACTION_LABELS: Mapping[NoticeAction, str] = {
    NoticeAction.OPENED: "画面の表示",
    NoticeAction.REVEALED: "パスワードの表示",
}


@dataclass(frozen=True, slots=True)
class RefusalText:
    """Heading and advice of the page that refuses to open an ID notice."""

    heading: str
    advice: str


NOT_FOUND = RefusalText(
    "ID通知内容が見つかりません",
    "この申込に参照できるID通知内容はありません。申込情報参照の画面で、申込受付番号と状態をご確認ください。",
)

NOTICE_FAULT_TEXTS: Mapping[NoticeFault, RefusalText] = {
    NoticeFault.TICKET_EXPIRED: RefusalText(
        "この画面は有効期限が切れました",
        "ID通知内容を開くための手続きから60秒以上が経過しました。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    NoticeFault.TICKET_FORGED: RefusalText(
        "ID通知内容を開けませんでした",
        "NACCSサポートシステムの画面から開かれたことを確認できませんでした。ログインし直し、申込情報参照の画面から「ID通知内容」を押してください。",
    ),
    NoticeFault.TICKET_UNREADABLE: RefusalText(
        "ID通知内容を開けませんでした",
        "開くための情報を読み取れませんでした。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    NoticeFault.TICKET_USED_BEFORE: RefusalText(
        "この画面はすでに一度開かれています",
        "ID通知内容を開く手続きは、一度だけ有効です。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    NoticeFault.FOREIGN_OFFICE: NOT_FOUND,
    NoticeFault.NOT_FOUND: NOT_FOUND,
    NoticeFault.SESSION_OVER: RefusalText(
        "この画面は有効期限が切れました",
        "安全のため、ID通知内容は開いてから5分で閉じます。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    NoticeFault.KEYS_AWAY: RefusalText(
        "ただいまパスワードを表示できません",
        "パスワードは失われていません。しばらく待ってから、申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
}

UNKNOWN_OFFICE = "この事業所の台帳はありません。事業所コードをご確認ください。"
NEVER_COMPARED = "メールサーバーのアカウント一覧との照合は、まだ行われていません。"
INVALID_CURSOR = "cursorは、直前の応答のnext_cursorの値をそのまま指定してください。"
INVALID_HEAD = "noted_headは、以前の検証で表示された「番号:ハッシュ値」を指定してください。"
INVALID_ACCOUNTS = "accountsは、nameと任意のfingerprintを持つ項目の一覧で指定してください。"
TOPIC_UNREADABLE = "台帳と照合するトピックを読み取れませんでした。ブローカーの状態を確認し、もう一度実行してください。"
