"""Every query of review, one function per statement; takes a connection, gives and takes domain values."""

from services.review.store.contracts import find_contracts, upsert_contracts
from services.review.store.reviews import (
    count_reviews,
    find_all_reviews,
    find_contact,
    find_queue,
    find_review,
    insert_contacts,
    insert_reviews,
    lock_oldest_reviews,
    lock_review,
    lock_reviews,
    mark_left_to_person,
    update_reviews,
)
from services.review.store.schedules import find_schedule, insert_schedule, lock_schedules
from services.review.store.staff import find_staff_account, upsert_staff_account
from services.review.store.timeline import find_timeline, insert_timeline_entries

__all__ = [
    "count_reviews",
    "find_all_reviews",
    "find_contact",
    "find_contracts",
    "find_queue",
    "find_review",
    "find_schedule",
    "find_staff_account",
    "find_timeline",
    "insert_contacts",
    "insert_reviews",
    "insert_schedule",
    "insert_timeline_entries",
    "lock_oldest_reviews",
    "lock_review",
    "lock_reviews",
    "lock_schedules",
    "mark_left_to_person",
    "update_reviews",
    "upsert_contracts",
    "upsert_staff_account",
]
