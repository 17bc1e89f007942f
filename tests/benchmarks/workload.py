"""The applications that the benchmark sends: invented offices and people, Japanese text at real lengths.

An office may have only one application on its way (E7), so each application here has an office of its own and no
office is busier than another. Nine in ten ask for one more mailbox, nine in a hundred for two to ten, one in a hundred
gives its mailbox up for a new one. The same number gives the same workload, but for ids and instants.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from deploy.local.demo.sample_data import sample_schedule
from services.intake.domain.application import Application, Receipt, receive
from services.intake.domain.asked import asked_by
from services.intake.domain.form import CheckedForm
from services.review.domain.schedule import ProposedDay, ProposedSchedule, Schedule, next_schedule
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import ApplicationKind, MailboxKind, MailboxRef
from shared.contracts.intake_events import ApplicationReceived, ContractPublished
from shared.contracts.people import Contact
from shared.kernel.identifiers import MailboxId, OfficeCode, mailbox_id, receipt_number
from shared.kernel.local_time import local_date
from shared.runtime.ids import new_uuid7
from tests.builders import a_contact, a_contract

SEED = 20261123
FIRST_DAY_OFFERED, LAST_DAY_OFFERED = 3, 9
"""Places in the schedule: days that can still be met, so that the policy confirms each as wished."""
SERIALS_BEFORE = 1
REASONS = (
    "取扱件数が増えたため。",
    "新しい営業拠点の開設に伴い、輸入申告の結果電文を拠点ごとに分けて受信する必要が生じたため。",
    "現在は一つのメールボックスを輸出担当と輸入担当で共用しているが、受信の取り合いにより結果電文の確認が遅れることが"
    "あるため、担当ごとにメールボックスを分け、通関業務の停滞を防ぎたい。",
    "基幹システムの更新により、海上貨物と航空貨物の処理を別々のサーバーで行うこととなった。新しいサーバーは十二月中に"
    "稼働を始める予定であり、移行の期間は新旧の両方で電文を受信して突き合わせる必要があるため、受信先を一つ追加したい。"
    "移行が終わった後も、繁忙期に備えて二つの受信先で業務を分担する。なお、システム設定調査票は別途提出する。",
)
COMPANIES = ("港湾通関", "東海海運", "瀬戸内国際物流", "北洋貿易", "関門倉庫運輸")
OFFICES = ("本社", "東京営業所", "第一営業所", "神戸港業務センター")


@dataclass(frozen=True, slots=True)
class Submitted:
    """One application as intake holds it when it answers the applicant: its row and its event."""

    application: Application
    event: Event[ApplicationReceived]


@dataclass(frozen=True, slots=True)
class Workload:
    """Offices with their contracts, one per application, and the schedule that all were told of."""

    schedule: Schedule
    contracts: Sequence[ContractPublished]

    def submit(self, first: int, count: int, now: datetime) -> list[Submitted]:
        """The applications of the offices from place `first` on, received at this instant."""
        return [_submitted(place, self.contracts[place], self.schedule, now) for place in range(first, first + count)]


def make_workload(count: int, now: datetime) -> Workload:
    """As many offices as there will be applications, and the schedule as of that instant."""
    proposed = sample_schedule(local_date(now))
    days = [
        ProposedDay(date.fromisoformat(day["registration_date"]), date.fromisoformat(day["application_deadline"]))
        for day in proposed["registration_days"]
    ]
    schedule = next_schedule(None, ProposedSchedule(days, (), (), date.fromisoformat(proposed["covers_until"])))
    return Workload(schedule, [_contract(place) for place in range(count)])


def _office_code(place: int) -> OfficeCode:
    return OfficeCode(f"B{place // 1000:02d}{place % 1000:03d}")


def _contract(place: int) -> ContractPublished:
    office = _office_code(place)
    return a_contract(
        office_code=office,
        company_abbreviation=office[:3],
        company_name=f"{COMPANIES[place % len(COMPANIES)]}株式会社",
        office_name=OFFICES[place % len(OFFICES)],
        system_administrator={"name": "管理 太郎", "email": f"kanri-{place}@naccs.example", "phone": "0120794550"},
    )


def _submitted(place: int, contract: ContractPublished, schedule: Schedule, now: datetime) -> Submitted:
    chance = random.Random(SEED + place)  # noqa: S311  a repeatable workload, not a secret
    days = schedule.registration_days[FIRST_DAY_OFFERED:LAST_DAY_OFFERED]
    office = contract.office_code
    opening = mailbox_id(office, SERIALS_BEFORE)
    adds, abolish = _wish(chance, opening)
    checked = CheckedForm(
        kind=ApplicationKind.MAILBOX_CHANGE,
        office_code=office,
        requested_start_date=chance.choice(days).registration_date,
        reason=chance.choice(REASONS),
        contact=_contact(place),
        add_smtp_pop3=adds,
        add_edifact=0,
        abolish=abolish,
        mailbox_ids=(),
        warnings=(),
    )
    receipt = Receipt(receipt_number(local_date(now).year, place + 1), new_uuid7(), office, now, local_date(now))
    before = [MailboxRef(mailbox_id=opening, kind=MailboxKind.SMTP_POP3)]
    application, received = receive(checked, contract, asked_by(checked, before), receipt)
    return Submitted(application, new_event(received, event_id=new_uuid7(), key=office, now=now))


def _wish(chance: random.Random, opening: MailboxId) -> tuple[int, tuple[MailboxId, ...]]:
    """How many mailboxes to add, and which to give up."""
    kind = chance.random()
    if kind < 0.90:
        return 1, ()
    if kind < 0.99:
        return chance.randint(2, 10), ()
    return 1, (opening,)


def _contact(place: int) -> Contact:
    return a_contact(email=f"tsukan-{place}@naccs.example")
