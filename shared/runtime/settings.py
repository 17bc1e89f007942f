"""Settings every service has. Only a service's own settings.py subclasses this, and only its main.py imports that."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.topics import SERVICES

Environment = Literal["local", "test", "production"]
ServiceRole = Literal["all", "web", "worker", "hooks"]
KafkaProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
ScramMechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-512"]

SECRETS_FOLDER = "NSS_SECRETS_DIR"
READ_BY_OTHERS = frozenset({"NSS_POSTGRES_DSN", "NSS_OPERATOR", SECRETS_FOLDER})
"""`NSS_` variables of the local stack and of the command, which a service's environment may hold as well."""

SettingsT = TypeVar("SettingsT", bound="ServiceSettings")


class InvalidSettings(ValueError):
    """The environment does not make settings; the message is one line that names the variables, never their values."""


class KafkaSettings(BaseSettings):
    """Where the broker is and how to log in there: the same variables for every service and for the command."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True, use_attribute_docstrings=True
    )

    kafka_bootstrap: str = Field(validation_alias="NSS_KAFKA_BOOTSTRAP")
    """One or more brokers, `host:port,host:port`."""
    kafka_security_protocol: KafkaProtocol = Field(default="PLAINTEXT", validation_alias="NSS_KAFKA_SECURITY_PROTOCOL")
    """How the broker is spoken to; on a cluster SASL_SSL."""
    kafka_security_mechanism: ScramMechanism = Field(
        default="SCRAM-SHA-512", validation_alias="NSS_KAFKA_SECURITY_MECHANISM"
    )
    """How the login is proved to the broker."""
    kafka_security_username: str = Field(default="", validation_alias="NSS_KAFKA_SECURITY_USERNAME")
    """The service's own principal."""
    kafka_security_password: SecretStr = Field(default=SecretStr(""), validation_alias="NSS_KAFKA_SECURITY_PASSWORD")
    """Of that principal."""
    kafka_security_ca_file: Path | None = Field(default=None, validation_alias="NSS_KAFKA_SECURITY_CA_FILE")
    """Authorities that may vouch for the broker; the machine's own otherwise."""
    topic_prefix: str = Field(default="", validation_alias="NSS_TOPIC_PREFIX")
    """Put before every topic and group, so that several systems share a broker; refused in production."""
    replication_factor: int = Field(default=1, ge=1, validation_alias="NSS_REPLICATION_FACTOR")
    """Copies of each partition, where topics are made; 3 on a cluster."""
    min_insync_replicas: int = Field(default=1, ge=1, validation_alias="NSS_MIN_INSYNC_REPLICAS")
    """Copies that must have a record before it counts as sent; 2 on a cluster."""

    def missing_credentials(self) -> Iterable[str]:
        """One line for each credential that the protocol needs and that is not there."""
        if self.kafka_security_protocol.startswith("SASL"):
            if not self.kafka_security_username:
                yield "NSS_KAFKA_SECURITY_USERNAME is missing"
            if not self.kafka_security_password.get_secret_value():
                yield "NSS_KAFKA_SECURITY_PASSWORD is missing"


class ServiceSettings(KafkaSettings):
    """The common `NSS_` variables, and those each service has under its own prefix (`NSS_INTAKE_DATABASE_URL` …).

    Any of them may instead be a file named after it (lower case) in the folder `NSS_SECRETS_DIR`.
    """

    environment: Environment = Field(default="local", validation_alias="NSS_ENVIRONMENT")
    """`production` refuses what only tests and a machine of one's own may use."""
    timezone: Literal["Asia/Tokyo"] = Field(default="Asia/Tokyo", validation_alias="NSS_TIMEZONE")
    """Of all dates."""
    clock_offset_file: Path | None = Field(default=None, validation_alias="NSS_CLOCK_OFFSET_FILE")
    """Seconds by which the service's clock is moved, read again and again; refused in production."""
    traces_endpoint: str = Field(default="", validation_alias="NSS_TRACES_ENDPOINT")
    """OTLP/HTTP address of a collector, `http://…:4318/v1/traces`; empty: nothing is traced."""
    traces_ratio: float = Field(default=1.0, ge=0, le=1, validation_alias="NSS_TRACES_RATIO")
    """Share of the applications that are traced."""
    failpoint: str = Field(default="", validation_alias="NSS_FAILPOINT")
    """A place in the code where the process kills itself, for tests; refused in production."""
    staff_keys_dir: Path | None = Field(default=None, validation_alias="NSS_STAFF_KEYS_DIR")
    """Public keys `<kid>.pem` that verify staff tokens; without them the operators' API is closed."""

    intake_url: str = Field(default="http://127.0.0.1:8101", validation_alias="NSS_INTAKE_URL")
    """Where browsers reach intake: for links, redirects and the content security policy; https in production."""
    review_url: str = Field(default="http://127.0.0.1:8102", validation_alias="NSS_REVIEW_URL")
    """Where browsers reach review."""
    provisioning_url: str = Field(default="http://127.0.0.1:8103", validation_alias="NSS_PROVISIONING_URL")
    """Where browsers reach provisioning."""
    notifier_url: str = Field(default="http://127.0.0.1:8104", validation_alias="NSS_NOTIFIER_URL")
    """Where operators reach notifier."""

    # Under the service's own prefix:
    database_url: SecretStr
    """The service's login to its own database; through a pooler if need be."""
    relay_database_url: SecretStr
    """A direct connection, past any pooler: it holds the relay's session lock."""
    migration_database_url: SecretStr | None = None
    """The schema owner's login, where the service's own has no rights on the schema."""
    host: str = "127.0.0.1"
    """Where the process listens; 0.0.0.0 in a container."""
    port: int = Field(ge=0, le=65535)
    """0: any free one."""
    pool_size: int = Field(default=10, ge=2)
    """Database connections of one process."""
    outbox_slot: str = ""
    """Replication slot by which Debezium publishes this service's events; empty: the relay does."""

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        problems = [*self.missing_credentials(), *self._not_for_production()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _not_for_production(self) -> Iterable[str]:
        if self.environment != "production":
            return
        if self.clock_offset_file:
            yield "NSS_CLOCK_OFFSET_FILE is refused in production"
        if self.failpoint:
            yield "NSS_FAILPOINT is refused in production"
        if self.topic_prefix:
            yield "NSS_TOPIC_PREFIX is refused in production"
        for service in SERVICES:
            if not str(getattr(self, f"{service}_url")).startswith("https://"):
                yield f"NSS_{service.upper()}_URL must be https in production"


def load_settings(settings_class: type[SettingsT]) -> SettingsT:
    """The settings from the environment, or the end of the process with one clear line on stderr and exit code 1."""
    try:
        return read_settings(settings_class, os.environ)
    except InvalidSettings as problem:
        raise SystemExit(f"settings: {problem}") from None


def read_settings(settings_class: type[SettingsT], environment: Mapping[str, str]) -> SettingsT:
    """The settings from the environment. Raises InvalidSettings, also for `NSS_` variables that no service knows."""
    unknown = sorted(unknown_variables(settings_class, environment))
    if unknown:
        raise InvalidSettings(f"unknown variable {', '.join(unknown)}: misspelt, or of another version")
    try:
        return settings_class(_secrets_dir=environment.get(SECRETS_FOLDER))
    except ValidationError as error:
        raise InvalidSettings(_one_line(settings_class, error)) from None


def unknown_variables(settings_class: type[ServiceSettings], environment: Mapping[str, str]) -> Iterable[str]:
    """`NSS_` variables this service does not know and that do not belong to another service."""
    own_prefix = settings_class.model_config.get("env_prefix") or ""
    known = {variable_of(settings_class, field) for field in settings_class.model_fields} | READ_BY_OTHERS
    others = tuple(prefix for prefix in (f"NSS_{service.upper()}_" for service in SERVICES) if prefix != own_prefix)
    return (
        name for name in environment if name.startswith("NSS_") and name not in known and not name.startswith(others)
    )


def variable_of(settings_class: type[ServiceSettings], field: str) -> str:
    """The environment variable of a field."""
    alias = settings_class.model_fields[field].validation_alias
    prefix = settings_class.model_config.get("env_prefix") or ""
    return str(alias) if alias else f"{prefix}{field.upper()}"


def _one_line(settings_class: type[ServiceSettings], error: ValidationError) -> str:
    return "; ".join(
        _problem(settings_class, detail["loc"], detail["msg"], detail["type"])
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    )


def _problem(settings_class: type[ServiceSettings], location: tuple[int | str, ...], message: str, kind: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    name = str(location[0])
    variable = variable_of(settings_class, name) if name in settings_class.model_fields else name
    return f"{variable} is missing" if kind == "missing" else f"{variable}: {message}"
