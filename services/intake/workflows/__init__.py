"""The story of intake: one public function per use case, each claims or locks, decides, writes, returns."""

from services.intake.workflows.accounts import OfficeAccount, create_office_account, log_in
from services.intake.workflows.applications import (
    ApplicationView,
    MenuView,
    Registration,
    list_applications,
    receive_application,
    view_application,
    view_menu,
)
from services.intake.workflows.course import (
    complete_applications,
    follow_deferred_mails,
    follow_failed_mails,
    follow_sent_mails,
    note_issue_failures,
    open_reviews,
    record_issued_mailboxes,
    start_services,
)
from services.intake.workflows.drafts import (
    CheckView,
    FormView,
    check_draft,
    find_receipt_of_form,
    save_draft,
    start_form,
    view_draft,
)
from services.intake.workflows.expiry import expire_drafts, forget_login_failures
from services.intake.workflows.id_notice import find_notice, is_login_fresh, issue_notice_ticket
from services.intake.workflows.register import ContractView, keep_schedules, publish_contract, view_contract

__all__ = [
    "ApplicationView",
    "CheckView",
    "ContractView",
    "FormView",
    "MenuView",
    "OfficeAccount",
    "Registration",
    "check_draft",
    "complete_applications",
    "create_office_account",
    "expire_drafts",
    "find_notice",
    "find_receipt_of_form",
    "follow_deferred_mails",
    "follow_failed_mails",
    "follow_sent_mails",
    "forget_login_failures",
    "is_login_fresh",
    "issue_notice_ticket",
    "keep_schedules",
    "list_applications",
    "log_in",
    "note_issue_failures",
    "open_reviews",
    "publish_contract",
    "receive_application",
    "record_issued_mailboxes",
    "save_draft",
    "start_form",
    "start_services",
    "view_application",
    "view_contract",
    "view_draft",
    "view_menu",
]
