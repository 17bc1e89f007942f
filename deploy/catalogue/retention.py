"""What is kept where, for how long, and what ends it: from the topic registry, the settings and the jobs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deploy.catalogue.facts import topic_facts
from deploy.configuration.variables import variables_of
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.outbox_archive import KEPT_DAYS
from shared.runtime.processed_purge import KEPT_BEYOND_RETENTION

BROKER = "Kafka"
TOPIC_SETTING = "the topic registry"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data. `job` ends it; `setting` is the variable that says when, where there is one."""

    place: str
    what: str
    how_long: str
    job: str
    setting: str

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Something in a service's database; `{}` in the time stands for the setting's default."""

    service: ServiceName
    what: str
    how_long: str
    job: str
    field: str = ""


RULES: tuple[_Rule, ...] = (
    _Rule("intake", "drafts", "{} business days after the last touch", "expire_drafts", "draft_business_days"),
    _Rule("intake", "people in applications", "{} days after the application ended", "erase_contacts",
          "contact_retention_days"),
    _Rule("intake", "replaced versions of contracts", "{} days after they were replaced", "forget_contract_versions",
          "contact_retention_days"),
    _Rule("intake", "who logged in and changed accounts", "{} years", "forget_account_audit",
          "audit_retention_years"),
    _Rule("intake", "answers to posts of programs", "7 days", "forget_answers"),
    _Rule("intake", "counts of wrong passwords", "1 day", "forget_login_failures"),
    _Rule("intake", "addresses that tried wrong passwords", "1 day", "forget_address_failures"),
    _Rule("intake", "sessions", "until they end", "delete_ended_sessions"),
    _Rule("review", "people in applications", "{} days after the application ended", "erase_contacts",
          "contact_days"),
    _Rule("review", "who logged in, decided and looked", "{} years", "drop_old_audit", "audit_years"),
    _Rule("review", "who is working on what", "7 days after it ran out", "forget_old_claims"),
    _Rule("review", "logins begun at the identity provider", "until they run out", "forget_old_provider_logins"),
    _Rule("review", "sessions", "until they end", "delete_ended_sessions"),
    _Rule("provisioning", "passwords and their keys", "until the second business day after the start is over",
          "close_windows"),
    _Rule("provisioning", "content of mailboxes that ended, on the mail server", "{} days after the mailbox ended",
          "the mail server", "content_grace_days"),
    _Rule("provisioning", "the sealed audit", "{} years", "cut_audit", "audit_years"),
    _Rule("provisioning", "looks at ID notices", "{} years", "forget_notice_views", "audit_years"),
    _Rule("provisioning", "used tickets", "until they run out", "forget_expired_tickets"),
    _Rule("provisioning", "sessions", "until they end", "delete_ended_sessions"),
    _Rule("notifier", "texts and addresses of mails", "{} days after the mail ended", "erase_mails", "mail_days"),
    _Rule("notifier", "people of applications", "{} days after the application ended", "erase_contacts",
          "contact_days"),
    _Rule("notifier", "posts to web hooks and their log", "{} days", "forget_posts", "hook_log_days"),
    _Rule("notifier", "posts nobody has taken", "{} days", "expire_posts", "hook_log_days"),
)  # fmt: skip
FOR_EVER = (
    ("intake", "applications without people, their history, contracts in force"),
    ("review", "decisions and the schedule, without people"),
    ("provisioning", "the ID ledger: every number, used, skipped or retired"),
    ("notifier", "that a mail was sent, when and why, without text and address"),
)


def kept_facts() -> Sequence[Kept]:
    """Topics first, then each service's database."""
    topics = [Kept(BROKER, f"{facts.topic.name}: {facts.topic.holds}", facts.retention, "the broker", TOPIC_SETTING)
              for facts in topic_facts()]  # fmt: skip
    return [*topics, *(kept for service in SERVICES for kept in _of(service))]


def retention_document() -> str:
    """The same as JSON."""
    return json.dumps([kept.as_json() for kept in kept_facts()], ensure_ascii=False, indent=2) + "\n"


def _of(service: ServiceName) -> Sequence[Kept]:
    place = f"database of {service}"
    variables = {variable.field: variable for variable in variables_of(service)}
    ruled = [
        Kept(place, rule.what, rule.how_long.format(variables[rule.field].default if rule.field else ""), rule.job,
             variables[rule.field].name if rule.field else "")
        for rule in RULES if rule.service == service
    ]  # fmt: skip
    beyond = KEPT_BEYOND_RETENTION.days
    common = [
        Kept(place, "events published, for a lost topic", f"{KEPT_DAYS} days", "roll_outbox_archive", ""),
        Kept(place, "which events were consumed", f"as long as their topic, and {beyond} days",
             "purge_processed_events", ""),
    ]  # fmt: skip
    kept = [Kept(place, what, "for ever", "", "") for owner, what in FOR_EVER if owner == service]
    return [*ruled, *common, *kept]
