"""The stories of notifier, one file each."""

from services.notifier.workflows.bouncing import BounceDesk, BounceTaken, record_bounce
from services.notifier.workflows.delivering import Delivery, MailPress, deliver_due_mails
from services.notifier.workflows.digesting import DigestDesk, queue_digests, send_digests
from services.notifier.workflows.erasing import Retention, erase_contacts, erase_mails
from services.notifier.workflows.operating import (
    Instruction,
    list_mails,
    list_suppressions,
    release_suppression,
    resend_mails,
    send_test_mail,
)
from services.notifier.workflows.previewing import NoSuchSample, preview_mail
from services.notifier.workflows.queueing import (
    MailDesk,
    keep_start_date_notes,
    queue_contact_mails,
    queue_mails,
    queue_reschedule_mails,
)

__all__ = [
    "BounceDesk",
    "BounceTaken",
    "Delivery",
    "DigestDesk",
    "Instruction",
    "MailDesk",
    "MailPress",
    "NoSuchSample",
    "Retention",
    "deliver_due_mails",
    "erase_contacts",
    "erase_mails",
    "keep_start_date_notes",
    "list_mails",
    "list_suppressions",
    "preview_mail",
    "queue_contact_mails",
    "queue_digests",
    "queue_mails",
    "queue_reschedule_mails",
    "record_bounce",
    "release_suppression",
    "resend_mails",
    "send_digests",
    "send_test_mail",
]
