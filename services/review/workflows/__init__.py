"""The use cases of review: each claims or locks, decides purely, writes rows and events, and returns."""

from services.review.workflows.approving import Approval, Approved, approve_application, approve_oldest
from services.review.workflows.completing import complete_reviews, note_failed_issues, start_services
from services.review.workflows.dependencies import Dependencies
from services.review.workflows.opening import open_reviews, record_contracts
from services.review.workflows.reading import read_case, read_queue
from services.review.workflows.scheduling import publish_schedule, read_schedule
from services.review.workflows.staff import authenticate, create_staff_account, find_staff_member
from services.review.workflows.timeline import record_mails

__all__ = [
    "Approval",
    "Approved",
    "Dependencies",
    "approve_application",
    "approve_oldest",
    "authenticate",
    "complete_reviews",
    "create_staff_account",
    "find_staff_member",
    "note_failed_issues",
    "open_reviews",
    "publish_schedule",
    "read_case",
    "read_queue",
    "read_schedule",
    "record_contracts",
    "record_mails",
    "start_services",
]
