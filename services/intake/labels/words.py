"""Words every page uses, and what stands for a value that has no word here yet."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

WEEKDAY_NAMES = "月火水木金土日"
"""By `date.weekday()`."""


def label_of(labels: Mapping[Any, str], member: StrEnum) -> str:
    """The word for a member; a value of a newer release, which has none here yet, stands for itself."""
    return labels.get(member, member.value)


def weekday(day: date) -> str:
    """One letter."""
    return WEEKDAY_NAMES[day.weekday()]
