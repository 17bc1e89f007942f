"""Sentences of the API of programs."""

from collections.abc import Mapping

API_TITLE = "NSS 利用申込 API"
API_DESCRIPTION = (
    "事業所のシステムから利用申込を行うためのAPIです。日付は20261201の形で送り、2026-12-01の形で受け取ります。"
    "画面と同じ規則で入力を確認し、同じコードと文で誤りをお知らせします。"
)

API_REFUSALS: Mapping[int, str] = {
    401: "トークンがない、または有効ではありません。",
    404: "この事業所が参照できるものはありません。",
    409: "ほかの申込・状態と競合しました。",
    413: "送信された内容が大きすぎます。",
    422: "入力内容に誤りがあります。項目ごとにお知らせします。",
    429: "1時間に登録できる申込の件数に達しました。Retry-Afterの秒数を待ってからもう一度送信してください。",
    503: "混み合っています。しばらく待ってからもう一度送信してください。",
}

KEY_REUSED = "このIdempotency-Keyは別の内容の送信に使われています。"
NOT_OPEN_YET = "この帳票はまだ出力できません。"
OTHER_KIND = "申込の種類と異なる項目です。"
"""Words that fill in a problem's detail."""


def open_application_text(receipt_number: str) -> str:
    """Why a second application is refused (E7)."""
    return f"受付中の申込【{receipt_number}】があります。"


FORM_IS_KEPT = "入力した内容は保存してあります。メニューの「入力中の申込」から続けられます。"


def too_many_applications_text(most: int, room_at: str) -> str:
    """Why the office cannot register another application just now, and from when it can."""
    return f"1時間に登録できる申込は{most}件までです。{room_at}以降に、もう一度登録してください。"


def grant_revoked_text(office_code: str) -> str:
    """Why who applied for a sister office may look at the application and no more."""
    return f"事業所コード{office_code}の申込を行う許可は取り消されています。"


def opens_on_text(day: str) -> str:
    """From when a document can be printed."""
    return f"{day}から出力できます。"
