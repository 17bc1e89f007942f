"""Words of the checks beside an application; the blanks of a sentence are filled with the finding's details."""

from collections.abc import Mapping

from services.review.domain.checks import CheckId, CheckOutcome, CheckReason

CHECK_LABELS: Mapping[CheckId, str] = {
    CheckId.OFFICE_OPEN: "契約の継続",
    CheckId.MODE_CONTRACTED: "処理方式の契約",
    CheckId.SERIALS_LEFT: "IDの残り",
    CheckId.MAILBOXES_CURRENT: "対象メールボックス",
    CheckId.LAST_MAILBOX: "最後のメールボックス",
    CheckId.PENDING_TWIN: "審査中の別の申込",
    CheckId.SCHEDULE_DAY: "システム登録日",
    CheckId.SYSTEM_SETTING: "システム設定",
    CheckId.FEE_EFFECT: "料金への影響",
    CheckId.CONTACT_REACHABLE: "連絡先",
}

CHECK_OUTCOME_LABELS: Mapping[CheckOutcome, str] = {
    CheckOutcome.OK: "問題なし",
    CheckOutcome.WARN: "注意",
    CheckOutcome.FAIL: "要確認",
}

CHECK_REASON_TEXTS: Mapping[CheckReason, str] = {
    CheckReason.NOT_CONCERNED: "この申込には関係ありません。",
    CheckReason.OFFICE_IS_OPEN: "契約は利用開始希望日も続いています。",
    CheckReason.OFFICE_CLOSES: "事業所は{day}に廃止されます。",
    CheckReason.CONTRACT_ENDS: "契約は{day}に満了します。",
    CheckReason.CONTRACT_UNKNOWN: "契約内容がまだ届いていません。",
    CheckReason.MODES_CONTRACTED: "{modes}の契約があります。",
    CheckReason.MODE_NOT_CONTRACTED: "{modes}の契約がありません。承認しても払い出せません。",
    CheckReason.SERIALS_SUFFICE: "{asked}個の申込に対し、残りは{left}個です。",
    CheckReason.SERIALS_RUN_OUT: "{asked}個の申込に対し、残りは{left}個です。まもなく使い切ります。",
    CheckReason.SERIALS_EXHAUSTED: "{asked}個の申込に対し、残りは{left}個しかありません。",
    CheckReason.MAILBOXES_ARE_CURRENT: "対象のメールボックスはすべて使われています。",
    CheckReason.MAILBOXES_NOT_CURRENT: "{mailbox_ids}は使われていません。",
    CheckReason.MAILBOXES_REMAIN: "SMTP/POP3メールボックスが残るか、SMTP/POP3の利用者がいません。",
    CheckReason.LAST_MAILBOX_GOES: (
        "SMTP/POP3の利用者がいるのに、最後のメールボックスがなくなります。出力先の変更を確認してください。"
    ),
    CheckReason.NO_TWIN: "この事業所に審査中の別の申込はありません。",
    CheckReason.TWIN_OPEN: "審査中の別の申込があります（{receipt_numbers}）。",
    CheckReason.WISH_IS_REGISTRATION_DAY: "{day}はシステム登録日です。",
    CheckReason.WISH_OFF_SCHEDULE: "{day}はシステム登録日ではありません。希望日以降で最も早い登録日を選びます。",
    CheckReason.WISH_AFTER_DEADLINE: "申込締切日（{day}）を過ぎた申込です。",
    CheckReason.WISH_TOO_NEAR: "{day}には登録が間に合いません。",
    CheckReason.SCHEDULE_MISSING: "{day}の月のスケジュール表がありません。登録されるまで承認できません。",
    CheckReason.SETTING_NOT_EXPECTED: "同じ種別のメールボックスがすでにあります。",
    CheckReason.FIRST_OF_KIND: "この種別の最初のメールボックスです。別途「システム設定」が必要か判断してください。",
    CheckReason.FEE_UNCHANGED: "課金単位は{before}個のまま変わりません。",
    CheckReason.FEE_CHANGES: "課金単位は{before}個から{after}個になります。",
    CheckReason.FEE_BEGINS: "課金単位が{after}個になり、基本料金が始まります。",
    CheckReason.FEE_MAY_END: "課金単位が{before}個から0個になり、基本料金がなくなる場合があります。",
    CheckReason.CONTACT_ANSWERED_FOR: "届かなかったメールはありません。",
    CheckReason.MAIL_FAILED: "届かなかったメールがあります（{mails}）。電話で連絡してください。",
    CheckReason.MAIL_DEFERRED: "送信できず再送を待っているメールがあります（{mails}）。",
    CheckReason.CONTACT_ERASED: "連絡先は保存期間が終わり、削除されました。",
}
