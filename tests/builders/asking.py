"""What is known and asked before an issue: contract, schedule, application, approval."""

from datetime import date, timedelta
from typing import Any

from shared.contracts import intake_events as intake
from shared.contracts import review_events as review
from shared.contracts.event_data import ApplicationKind, MailboxKind, MailboxRef
from shared.contracts.people import Contact, MailboxChange, RegistrationDay, SystemAdministratorAddress
from shared.kernel.identifiers import MailboxId
from tests.builders.clock_and_ids import NOW, OFFICE, OPENING_MAILBOX, RECEIPT, START_DATE
from tests.builders.valid_models import valid

TYPED: dict[str, Any] = {
    "office_code": OFFICE,
    "start_date_choice": "2018-11-01",
    "reason": "取扱件数の増加に伴い、受信用のメールボックスを分けるため。",
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
"""What 通関 花子 types for one SMTP/POP3 mailbox more from 1 November 2018."""


def a_contact(**fields: Any) -> Contact:
    """通関 花子."""
    return valid(
        Contact,
        fields,
        family_name="通関",
        given_name="花子",
        family_name_kana="ツウカン",
        given_name_kana="ハナコ",
        department="第一営業部通関課",
        title="係長",
        phone="0120794550",
        email="tsukan-hanako@naccs.example",
    )


def a_system_administrator(**fields: Any) -> SystemAdministratorAddress:
    """管理 太郎."""
    return valid(SystemAdministratorAddress, fields, name="管理 太郎", email="kanri-taro@naccs.example")


def a_mailbox(mailbox_id: str = OPENING_MAILBOX, kind: MailboxKind = MailboxKind.SMTP_POP3) -> MailboxRef:
    """A mailbox and its kind."""
    return MailboxRef(mailbox_id=MailboxId(mailbox_id), kind=kind)


def a_contract(**fields: Any) -> intake.ContractPublished:
    """The contract of ナックス商事株式会社 第一営業所 with one SMTP/POP3 mailbox."""
    office_code = fields.get("office_code", OFFICE)
    return valid(
        intake.ContractPublished,
        fields,
        office_code=office_code,
        contract_version=1,
        company_abbreviation=office_code[:3],
        company_name="ナックス商事株式会社",
        office_name="第一営業所",
        contract_holder={"name": "契約 一郎", "title": "代表取締役"},
        system_administrator={
            "name": "管理 太郎",
            "email": "kanri-taro@naccs.example",
            "phone": "0120794550",
        },
        system_class="common",
        customs="東京税関",
        billing_code="1234567",
        price_plan="標準プラン",
        users=[
            {
                "user_code": "1AAAA",
                "identification_number": "001",
                "category": "通関業",
                "processing_mode": mode,
                "started_on": "2017-10-08",
            }
            for mode in ("smtp_pop3", "edifact")
        ],
        opening_mailboxes=[
            {"mailbox_id": f"{office_code}01", "kind": "smtp_pop3", "active_from": "2017-10-08"},
        ],
    )


def a_schedule(**fields: Any) -> review.SchedulePublished:
    """Registration days on the Thursdays of November 2018, covering the years around them."""
    first = START_DATE
    days = [first + timedelta(days=7 * week) for week in range(5)]
    return valid(
        review.SchedulePublished,
        fields,
        schedule_version=1,
        calendar_version=1,
        registration_days=[a_registration_day(day) for day in days],
        covers_until=date(2027, 12, 31),
    )


def a_registration_day(day: date = START_DATE) -> RegistrationDay:
    """A registration day with deadlines a week and six days earlier."""
    return RegistrationDay(
        registration_date=day,
        application_deadline=day - timedelta(days=7),
        system_setting_deadline=day - timedelta(days=6),
    )


def an_application_received(**fields: Any) -> intake.ApplicationReceived:
    """One SMTP/POP3 mailbox more for NAC001, from 1 November 2018."""
    office_code = fields.get("office_code", OFFICE)
    return valid(
        intake.ApplicationReceived,
        fields,
        receipt_number=RECEIPT,
        revision=1,
        kind=ApplicationKind.MAILBOX_CHANGE,
        applicant_office_code=office_code,
        office_code=office_code,
        company_name="ナックス商事株式会社",
        office_name="第一営業所",
        received_at=NOW,
        received_on=date(2018, 10, 24),
        review_starts_on=date(2018, 10, 24),
        contract_version=1,
        requested_start_date=START_DATE,
        reason="取扱件数の増加に伴い、受信用のメールボックスを分けるため。",
        contact=a_contact(),
        system_administrator=a_system_administrator(),
        mailbox_change=MailboxChange(add_smtp_pop3=1, mailboxes_before=[a_mailbox(f"{office_code}01")]),
        diff_sha256="0" * 64,
    )


def an_approval(**fields: Any) -> review.ApplicationApproved:
    """The approval of one SMTP/POP3 mailbox, on the wished date."""
    return valid(
        review.ApplicationApproved,
        fields,
        receipt_number=RECEIPT,
        revision=1,
        kind=ApplicationKind.MAILBOX_CHANGE,
        office_code=OFFICE,
        contract_version=1,
        approved_at=NOW,
        requested_start_date=START_DATE,
        confirmed_start_date=START_DATE,
        add_smtp_pop3=1,
        calendar_version=1,
        schedule_version=1,
        policy_version=1,
        decided_by=review.DecidedBy.REVIEWER,
    )
