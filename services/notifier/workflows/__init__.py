"""The stories of notifier, one file each."""

from services.notifier.workflows.bouncing import BounceDesk, BounceTaken, record_bounce
from services.notifier.workflows.delivering import Delivery, MailPress, deliver_due_mails
from services.notifier.workflows.digesting import DigestDesk, queue_digests, send_digests
from services.notifier.workflows.erasing import Retention, erase_contacts, erase_mails
from services.notifier.workflows.hook_orders import (
    NewHook,
    NoSuchHook,
    add_hook,
    ask_for_replay,
    list_hooks,
    pause_hook,
    read_log,
    remove_hook,
    resume_hook,
    rotate_hook,
    try_hook,
)
from services.notifier.workflows.hooking import (
    HookDesk,
    RecordsSince,
    expire_posts,
    find_due_hooks,
    forget_posts,
    queue_posts,
    replay_posts,
    serve_hook,
)
from services.notifier.workflows.measuring import measure_hooks, measure_mails
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
    keep_start_date_reasons,
    queue_contact_mails,
    queue_mails,
    queue_reschedule_mails,
)

__all__ = [
    "BounceDesk",
    "BounceTaken",
    "Delivery",
    "DigestDesk",
    "HookDesk",
    "Instruction",
    "MailDesk",
    "MailPress",
    "NewHook",
    "NoSuchHook",
    "NoSuchSample",
    "RecordsSince",
    "Retention",
    "add_hook",
    "ask_for_replay",
    "deliver_due_mails",
    "erase_contacts",
    "erase_mails",
    "expire_posts",
    "find_due_hooks",
    "forget_posts",
    "keep_start_date_reasons",
    "list_hooks",
    "list_mails",
    "list_suppressions",
    "measure_hooks",
    "measure_mails",
    "pause_hook",
    "preview_mail",
    "queue_contact_mails",
    "queue_digests",
    "queue_mails",
    "queue_posts",
    "queue_reschedule_mails",
    "read_log",
    "record_bounce",
    "release_suppression",
    "remove_hook",
    "replay_posts",
    "resend_mails",
    "resume_hook",
    "rotate_hook",
    "send_digests",
    "send_test_mail",
    "serve_hook",
    "try_hook",
]
