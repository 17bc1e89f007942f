"""What makes a local stack a secured one: TLS on broker and database, and one login on the broker per principal.

As on a cluster: SASL_SSL with SCRAM-SHA-512, the standard authorizer, rights from the registry alone.
"""

import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import SecretStr

from deploy.debezium.access import CONNECT_USER
from deploy.kubernetes.kafka import PRINCIPALS
from deploy.kubernetes.names import kafka_user
from deploy.local.certificates import Authority
from deploy.local.secret_files import private_folder, write_secret
from shared.contracts.topics import Principal
from shared.runtime.settings import KafkaSettings

BROKER_LOGIN, DEPLOYMENT_LOGIN = "nss-broker", "nss-deployment"
"""Who may do everything: the broker towards itself, and who makes topics and gives rights."""
PROTOCOL, MECHANISM = "SASL_SSL", "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class StackSecurity:
    """The secrets of one secured stack, all in one folder of mode 0700."""

    folder: Path

    @property
    def authority(self) -> Authority:
        """Vouches for the broker and the database server."""
        return Authority.kept_in(self.folder)

    @property
    def logins(self) -> tuple[str, ...]:
        """Everybody who has a password on the broker."""
        return (BROKER_LOGIN, DEPLOYMENT_LOGIN, CONNECT_USER, *(kafka_user(principal) for principal in PRINCIPALS))

    def password(self, login: str) -> str:
        """The login's password, made when it is first asked for."""
        path = private_folder(self.folder) / f"{login}.password"
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(24))
        return path.read_text()

    def variables_of(self, principal: Principal) -> Mapping[str, str]:
        """How a process logs in to the broker: the `NSS_KAFKA_SECURITY_` variables."""
        login = kafka_user(principal)
        return {
            "NSS_KAFKA_SECURITY_PROTOCOL": PROTOCOL,
            "NSS_KAFKA_SECURITY_MECHANISM": MECHANISM,
            "NSS_KAFKA_SECURITY_USERNAME": login,
            "NSS_KAFKA_SECURITY_PASSWORD": self.password(login),
            "NSS_KAFKA_SECURITY_CA_FILE": str(self.authority.certificate_file),
        }

    def broker_as(self, login: str, bootstrap: str, topic_prefix: str = "") -> KafkaSettings:
        """The broker, for a client of this process."""
        return KafkaSettings(
            kafka_bootstrap=bootstrap,
            topic_prefix=topic_prefix,
            kafka_security_protocol=PROTOCOL,
            kafka_security_mechanism=MECHANISM,
            kafka_security_username=login,
            kafka_security_password=SecretStr(self.password(login)),
            kafka_security_ca_file=self.authority.certificate_file,
        )

    def database_url(self, url: str) -> str:
        """The same address, over TLS alone and with the server's certificate and name checked."""
        query = f"sslmode=verify-full&sslrootcert={quote(str(self.authority.certificate_file))}"
        return urlunsplit(urlsplit(url)._replace(query=query))

    def trusting_context(self) -> ssl.SSLContext:
        """For a client that speaks to the stack's servers."""
        return ssl.create_default_context(cafile=self.authority.certificate_file)
