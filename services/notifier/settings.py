"""Notifier's settings: `NSS_NOTIFIER_…` and the common ones."""

from typing import Literal

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where mail goes, who sends it, and how stubbornly."""

    model_config = SettingsConfigDict(
        env_prefix="NSS_NOTIFIER_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    smtp_host: str
    smtp_port: int
    smtp_security: Literal["none", "starttls", "implicit"] = "none"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_timeout_seconds: float = 30.0
    smtp_connections: int = 4
    sender: str
    most_attempts: int = 48
    lost_reply_retry_seconds: float = 600.0
    """How long after a lost reply, or after a process died while sending, the mail is sent again."""
