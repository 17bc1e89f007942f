"""Notifier's settings: `NSS_NOTIFIER_…` and the common ones."""

from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.kernel.retention import CONTACT_DAYS, MAIL_DAYS
from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where mail goes, who sends it, how stubbornly, and how long it is remembered."""

    model_config = SettingsConfigDict(
        env_prefix="NSS_NOTIFIER_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    smtp_host: str
    """The mail server that takes our mail."""
    smtp_port: int
    """Its port: 587 with starttls, 465 with implicit."""
    smtp_security: Literal["none", "starttls", "implicit"] = "none"
    """`none` only towards this machine."""
    smtp_ca_file: Path | None = None
    """Authorities of a mail server with a private certificate; the machine's own otherwise."""
    smtp_username: str | None = None
    """Login at the mail server, where it wants one."""
    smtp_password: SecretStr | None = None
    """Of that login."""
    smtp_timeout_seconds: float = Field(default=30.0, gt=0)
    """How long one answer of the mail server is waited for."""
    smtp_connections: int = Field(default=4, ge=1, le=50)
    """Kept open by one process at most."""
    mails_per_minute: int | None = Field(default=None, ge=1)
    """For all replicas together."""

    sender: str
    """Address in From. What cannot be delivered comes back to `local+<key>@domain` where `bounce_port` is set."""
    bounce_host: str = "127.0.0.1"
    """Where returned mails are listened for."""
    bounce_port: int | None = Field(default=None, ge=0, le=65535)
    """Where this process takes returned mails over LMTP."""
    dkim_selector: str | None = None
    """Names the DNS record of the key."""
    dkim_key_file: Path | None = None
    """RSA key in PEM form; without it the mail server signs, or nobody."""
    desk_address: str | None = None
    """Who at the Center is told about undelivered mails."""
    help_desk_phone: str = "0120-794-550"
    """Printed in every mail."""
    contract_section_phone: str = "044-520-6266"
    """Printed in every mail, for questions about the contract."""

    most_attempts: int = Field(default=48, ge=1)
    """After so many a mail has failed."""
    give_up_after_seconds: float = Field(default=4 * 3600.0, gt=0)
    """From a mail's first attempt; time in which the mail server was away does not begin it."""
    lost_reply_retry_seconds: float = Field(default=600.0, gt=0)
    """How long after a lost reply, or after a process died while sending, the mail is sent again."""
    told_within_days: int = Field(default=30, ge=1)
    """Older events lead to no mail: they are read again into an empty database."""

    keys_dir: Path
    """`addresses.key` and `archive-*.key`: mode 0700, shared by all replicas, not backed up with the database."""
    mail_days: int = Field(default=MAIL_DAYS, ge=1)
    """How long the sealed body of a mail is kept."""
    contact_days: int = Field(default=CONTACT_DAYS, ge=1)
    """How long names and addresses are kept after their application ended."""

    hook_timeout_seconds: float = Field(default=10.0, gt=0)
    """How long one post to a receiver of hooks may take, from the look-up of its name to its status."""
    hook_give_up_after_seconds: float = Field(default=24 * 3600.0, gt=0)
    """From when an event was read; afterwards only a replay sends it."""
    hook_log_days: int = Field(default=30, ge=1)
    """How long the log tells what became of a post."""
    hook_private_addresses: bool = False
    """Whether receivers may stand in one's own network; without it only public addresses are called."""
    hook_http: bool = False
    """Whether receivers may be called without TLS; refused in production."""

    def _not_for_production(self) -> Iterable[str]:
        yield from super()._not_for_production()
        in_clear = self.smtp_security == "none" and not _is_loopback(self.smtp_host)
        if in_clear and (self.environment == "production" or self.smtp_username):
            yield "NSS_NOTIFIER_SMTP_SECURITY must be starttls or implicit for a mail server elsewhere"
        if self.hook_http and self.environment == "production":
            yield "NSS_NOTIFIER_HOOK_HTTP is refused in production"
        if bool(self.dkim_selector) != bool(self.dkim_key_file):
            yield "NSS_NOTIFIER_DKIM_SELECTOR and NSS_NOTIFIER_DKIM_KEY_FILE belong together"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
