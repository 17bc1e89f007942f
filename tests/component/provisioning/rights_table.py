"""Who may do what with which table of provisioning's database: every table and view, every login, every verb."""

from collections.abc import Mapping

VERBS = {"s": "SELECT", "i": "INSERT", "u": "UPDATE", "d": "DELETE"}
LOGINS = ("app", "relay", "mail_server", "auditor")

RIGHTS = """
                        app   relay  mail_server  auditor
audit_anchors           s     -      -            s
audit_entries           s     -      -            s
audit_seals             si    -      -            s
audit_unsealed          sd    -      -            s
burned_tickets          siud  -      -            -
calendar                siud  -      -            s
day_keys                siu   -      -            s
drift_reports           siud  -      -            s
event_outbox            siud  siud   -            -
event_outbox_archive    siud  siud   -            -
event_outbox_archive_default siud -  -            -
event_sequences         siud  -      -            -
held_events             siud  -      -            -
issues                  siu   -      -            s
ledger_checkpoints      siud  -      -            s
ledger_checks           siud  -      -            s
mail_server_accounts    siud  -      -            -
mail_server_erasable    -     -      s            s
mail_server_logins      -     -      s            -
mail_server_refused     -     -      s            s
mailbox_credentials     siud  -      -            -
mailboxes               siu   -      -            s
notice_views            si    -      -            s
offices                 siu   -      -            s
processed_events        siud  -      -            -
refused_approvals       siu   -      -            s
reissued_mailboxes      si    -      -            s
schema_migrations       s     s      -            s
sealed_passwords        siud  -      -            -
web_sessions            siud  -      -            -
"""

FUNCTIONS = """
                        app   relay  mail_server  auditor
cut_audit               x     -      -            -
forget_notice_views     x     -      -            -
roll_outbox_archive     x     -      -            -
write_audit_entry       x     -      -            -
audit_mailboxes         x     x      x            x
audit_notice_view       x     x      x            x
"""
"""Those that run with the owner's rights. The last two can only be called by their triggers, whoever may name them."""

Cells = Mapping[tuple[str, str], str]


def cells_of(table: str) -> Cells:
    """By name and login: the letters of what is allowed; empty for nothing."""
    rows = [line.split() for line in table.strip().splitlines()[1:]]
    return {
        (name, login): letters.strip("-") for name, *given in rows for login, letters in zip(LOGINS, given, strict=True)
    }
