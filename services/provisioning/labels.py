"""Japanese words for what the ID notice shows; every dictionary covers its whole enum."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.provisioning.domain.notice import PasswordDisplay
from services.provisioning.domain.ticket import TicketFault
from shared.contracts.event_data import MailboxKind
from shared.runtime.web.labels import SYSTEM_CLASS_LABELS as SYSTEM_CLASS_LABELS

MAILBOX_KIND_LABELS: Mapping[MailboxKind, str] = {
    MailboxKind.SMTP_POP3: "メール",
    MailboxKind.EDIFACT: "EDIFACT",
}

PASSWORD_DISPLAY_LABELS: Mapping[PasswordDisplay, str] = {
    PasswordDisplay.MASKED: "非表示",
    PasswordDisplay.REVEALED: "表示中",
    PasswordDisplay.WINDOW_OVER: "参照期間終了",
}


@dataclass(frozen=True, slots=True)
class RefusalText:
    """Heading and advice of the page that refuses to open an ID notice."""

    heading: str
    advice: str


TICKET_FAULT_TEXTS: Mapping[TicketFault, RefusalText] = {
    TicketFault.EXPIRED: RefusalText(
        "この画面は有効期限が切れました",
        "ID通知内容を開くための手続きから60秒以上が経過しました。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    TicketFault.UNREADABLE: RefusalText(
        "ID通知内容を開けませんでした",
        "申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    TicketFault.USED_BEFORE: RefusalText(
        "この画面はすでに一度開かれています",
        "ID通知内容を開く手続きは、一度だけ有効です。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
    TicketFault.NOT_FOUND: RefusalText(
        "ID通知内容が見つかりません",
        "この申込に参照できるID通知内容はありません。申込情報参照の画面で、申込受付番号と状態をご確認ください。",
    ),
    TicketFault.SESSION_OVER: RefusalText(
        "この画面は有効期限が切れました",
        "安全のため、ID通知内容は開いてから5分で閉じます。申込情報参照の画面に戻り、もう一度「ID通知内容」を押してください。",
    ),
}
