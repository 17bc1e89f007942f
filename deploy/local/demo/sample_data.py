"""What a new stack starts with: a register of seven offices, a schedule around today, and a login for every role."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar

REGISTER = Path(__file__).with_name("register.json")
OFFICES = ("NAC001", "NAC002", "NAC003", "KOB001", "KOB002", "HKT001", "HKT002")
STAFF: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "reviewer": ("審査 桜子", ("reviewer",)),
    "lead": ("審査 松男", ("lead", "reviewer")),
    "operator": ("運用 梅子", ("operator",)),
    "helpdesk": ("窓口 竹男", ("help_desk",)),
}

REGISTRATION_WEEKDAYS = (1, 3)
"""Tuesdays and Thursdays, where they are business days."""
SCHEDULED_DAYS = 400
DEADLINE_BUSINESS_DAYS = 5


@dataclass(frozen=True, slots=True)
class SampleLogin:
    """One account of the stack: an office's or a member of staff's."""

    login: str
    password: str
    kind: str
    display_name: str = ""
    roles: tuple[str, ...] = ()


def sample_register(*offices: str) -> dict[str, Any]:
    """A register as `nss contracts import` takes it: these offices with their companies, all of them by default."""
    document: dict[str, Any] = json.loads(REGISTER.read_text(encoding="utf-8"))
    for company in document["companies"]:
        company["offices"] = [each for each in company["offices"] if not offices or each["office_code"] in offices]
    return {"companies": [company for company in document["companies"] if company["offices"]]}


def sample_schedule(today: date) -> dict[str, Any]:
    """A schedule as `nss schedule set` takes it: every registration day of the coming year, from next week on."""
    calendar = BusinessCalendar(version=1, covers_until=LAST_COVERED_DAY)
    end = min(today + timedelta(days=SCHEDULED_DAYS), LAST_COVERED_DAY)
    days = [today + timedelta(days=n) for n in range(1, (end - today).days + 1)]
    return {
        "registration_days": [
            {
                "registration_date": day.isoformat(),
                "application_deadline": calendar.add_business_days(day, -DEADLINE_BUSINESS_DAYS).isoformat(),
            }
            for day in days
            if day.weekday() in REGISTRATION_WEEKDAYS and calendar.is_business_day(day)
        ],
        "covers_until": LAST_COVERED_DAY.isoformat(),
    }


def new_logins() -> Sequence[SampleLogin]:
    """Every account a stack starts with, each with a password made for this stack alone."""
    offices = [SampleLogin(office, _password(), "office") for office in OFFICES]
    staff = [SampleLogin(login, _password(), "staff", name, roles) for login, (name, roles) in STAFF.items()]
    return [*offices, *staff]


def _password() -> str:
    return secrets.token_urlsafe(12)
