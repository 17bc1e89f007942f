"""The manual's own example: who applies for what, what the reviewer writes, and the words to look for on the pages."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar, viewing_window_end
from shared.kernel.local_time import TOKYO, local_date

OFFICE = "NAC001"
REVIEWER = "reviewer"
OPENING_MAILBOX = "NAC00101"
NEW_MAILBOX = "NAC00102"
TYPED = {
    "office_code": OFFICE,
    "reason": "取扱件数の増加に伴い、受信用の自社システムを1台増設するため。",
    "family_name": "通関",
    "given_name": "花子",
    "family_name_kana": "ツウカン",
    "given_name_kana": "ハナコ",
    "department": "第一営業部通関課",
    "title": "係長",
    "phone": "0120794550",
    "email": "tsukan-hanako@naccs.example",
    "email_again": "tsukan-hanako@naccs.example",
    "add_smtp_pop3": "1",
}
"""What 通関 花子 types; the wished start date comes from the plan."""
NOTE = "ご希望の登録日は受付が上限に達したため、次に登録できる日を利用開始日としました。"
"""What the reviewer writes about the other start date."""

UNDER_REVIEW = "審査中"
REVIEW_COMPLETED = "審査終了"
IN_SERVICE = "利用開始済み"
MAIL_SENT = "送信済み"
WINDOW_OVER = "参照期間終了"

TUESDAY = 1
BUSINESS_DAYS_TO_THE_DECISION = 6
BUSINESS_DAYS_TO_THE_START = 6
"""As in the manual: applied on a Tuesday, decided on the Wednesday after next, started on the Thursday after that."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The days of the story; every instant is one that a clock can be moved forward to."""

    applied_at: datetime
    decided_at: datetime
    wished: date
    confirmed: date
    started_at: datetime
    window_over_at: datetime


def first_day(now: datetime) -> date:
    """The day the story begins: the next Tuesday that is a business day."""
    day = local_date(now) + timedelta(days=1)
    while day.weekday() != TUESDAY or not _calendar().is_business_day(day):
        day += timedelta(days=1)
    return day


def plan_story(applied_on: date, registration_days: list[date]) -> Plan:
    """The story's days, counted in business days from its first, on a schedule that reaches two months ahead."""
    calendar = _calendar()
    decided_on = calendar.add_business_days(applied_on, BUSINESS_DAYS_TO_THE_DECISION)
    earliest_start = calendar.add_business_days(decided_on, BUSINESS_DAYS_TO_THE_START)
    wished = next(day for day in registration_days if day > decided_on)
    confirmed = next(day for day in registration_days if day > wished and day >= earliest_start)
    return Plan(
        applied_at=_at(applied_on, 10),
        decided_at=_at(decided_on, 15),
        wished=wished,
        confirmed=confirmed,
        started_at=_at(confirmed, 9),
        window_over_at=_at(viewing_window_end(calendar, confirmed) + timedelta(days=1), 9),
    )


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=TOKYO)


def _calendar() -> BusinessCalendar:
    return BusinessCalendar(version=1, covers_until=LAST_COVERED_DAY)
