"""The items of a contract change as data: seventeen standard ones in eight groups and six others; one is live here."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from services.intake.domain.form_errors import FormErrorCode, Problems


class ChangeItem(StrEnum):
    """What an application can be about; the form posts these values."""

    NAMES_AND_ADDRESS = "names_and_address"
    CONTRACT_HOLDER = "contract_holder"
    HEAD_OFFICE = "head_office"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    BUSINESS_CATEGORY = "business_category"
    USER_CODE = "user_code"
    IDENTIFICATION_NUMBER = "identification_number"
    NET_TERMINALS = "net_terminals"
    CERTIFICATES = "certificates"
    LINES = "lines"
    MAILBOX_COUNT = "mailbox_count"
    PRICE_PLAN = "price_plan"
    STATISTICS = "statistics"
    BONDED_RECORD_STORAGE = "bonded_record_storage"
    BILLING_ADDRESS = "billing_address"
    BILLING_CONTACT = "billing_contact"
    PAYMENT_METHOD = "payment_method"
    SHARED_EQUIPMENT = "shared_equipment"
    JOINT_USE = "joint_use"
    JOINT_USE_NEW_OFFICE = "joint_use_new_office"
    TRANSFER = "transfer"
    SUCCESSION = "succession"
    TERMINATION = "termination"


class ItemGroup(StrEnum):
    """How the manual's page groups them (S5)."""

    OFFICES = "offices"
    USERS = "users"
    NET = "net"
    LINES_AND_MAILBOXES = "lines_and_mailboxes"
    PRICE_PLAN = "price_plan"
    STATISTICS = "statistics"
    STORAGE = "storage"
    BILLING = "billing"
    OTHER = "other"


ITEMS: Mapping[ItemGroup, Sequence[ChangeItem]] = {
    ItemGroup.OFFICES: (
        ChangeItem.NAMES_AND_ADDRESS,
        ChangeItem.CONTRACT_HOLDER,
        ChangeItem.HEAD_OFFICE,
        ChangeItem.SYSTEM_ADMINISTRATOR,
    ),
    ItemGroup.USERS: (ChangeItem.BUSINESS_CATEGORY, ChangeItem.USER_CODE, ChangeItem.IDENTIFICATION_NUMBER),
    ItemGroup.NET: (ChangeItem.NET_TERMINALS, ChangeItem.CERTIFICATES),
    ItemGroup.LINES_AND_MAILBOXES: (ChangeItem.LINES, ChangeItem.MAILBOX_COUNT),
    ItemGroup.PRICE_PLAN: (ChangeItem.PRICE_PLAN,),
    ItemGroup.STATISTICS: (ChangeItem.STATISTICS,),
    ItemGroup.STORAGE: (ChangeItem.BONDED_RECORD_STORAGE,),
    ItemGroup.BILLING: (ChangeItem.BILLING_ADDRESS, ChangeItem.BILLING_CONTACT, ChangeItem.PAYMENT_METHOD),
    ItemGroup.OTHER: (
        ChangeItem.SHARED_EQUIPMENT,
        ChangeItem.JOINT_USE,
        ChangeItem.JOINT_USE_NEW_OFFICE,
        ChangeItem.TRANSFER,
        ChangeItem.SUCCESSION,
        ChangeItem.TERMINATION,
    ),
}

KNOWN_ITEMS = frozenset(ChangeItem)
LIVE_ITEMS = frozenset({ChangeItem.MAILBOX_COUNT})
"""What this portal applies for; the Center takes the rest by telephone."""


def check_items(typed: Collection[str], problems: Problems) -> None:
    """At least one, only known ones, not both sets at once, storage with statistics, only live ones (B6 to B8)."""
    chosen = [ChangeItem(text) for text in typed if text in KNOWN_ITEMS]
    if len(chosen) < len(typed):
        problems.add("items", FormErrorCode.ITEM_UNKNOWN)
    elif not chosen:
        problems.add("items", FormErrorCode.ITEM_MISSING)
    elif code := _contradiction(frozenset(chosen)):
        problems.add("items", code)


def _contradiction(chosen: frozenset[ChangeItem]) -> FormErrorCode | None:
    others = chosen & frozenset(ITEMS[ItemGroup.OTHER])
    if others and others != chosen:
        return FormErrorCode.ITEMS_EXCLUDE_EACH_OTHER
    if ChangeItem.BONDED_RECORD_STORAGE in chosen and ChangeItem.STATISTICS not in chosen:
        return FormErrorCode.STORAGE_NEEDS_STATISTICS
    return None if chosen <= LIVE_ITEMS else FormErrorCode.ITEM_NOT_HERE
