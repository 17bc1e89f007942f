"""The broker of a secured stack: TLS, SCRAM, an authorizer that refuses what no entry allows."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.ports import LOOPBACK
from deploy.local.secret_files import write_secret
from deploy.local.security import BROKER_LOGIN, DEPLOYMENT_LOGIN, MECHANISM, StackSecurity

SCRAM_ITERATIONS = 4096
PROPERTIES = """\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:CN={node};User:{broker};User:{deployment}
sasl.enabled.mechanisms={mechanism}
sasl.mechanism.inter.broker.protocol={mechanism}
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule \
required username="{broker}" password="{password}";
ssl.enabled.protocols=TLSv1.2,TLSv1.3
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.controller.ssl.client.auth=required
"""


@dataclass(frozen=True, slots=True)
class BrokerSecurity:
    """What the node's properties and its storage need; `hosts` are the names its certificate is good for."""

    security: StackSecurity
    hosts: tuple[str, ...] = (LOOPBACK, "localhost")

    @classmethod
    def of(cls, security: StackSecurity | None) -> Self | None:
        """None for a stack that is not secured."""
        return None if security is None else cls(security)

    def properties(self, directory: Path) -> str:
        """Lines for server.properties; the node's certificate is made anew beside it."""
        keystore, authority = directory / "keystore.pem", self.security.authority
        issued = authority.issue(BROKER_LOGIN, self.hosts)
        write_secret(keystore, issued.key + issued.certificate)
        return PROPERTIES.format(
            node=BROKER_LOGIN,
            broker=BROKER_LOGIN,
            deployment=DEPLOYMENT_LOGIN,
            mechanism=MECHANISM,
            password=self.security.password(BROKER_LOGIN),
            keystore=keystore,
            truststore=authority.certificate_file,
        )

    def format_arguments(self) -> list[str]:
        """Every login's password in the form a server keeps it: none of them can be read from the command line."""
        arguments: list[str] = []
        for login in self.security.logins:
            salt = secrets.token_bytes(16)
            salted = salted_password(self.security.password(login), salt)
            kept = f'iterations={SCRAM_ITERATIONS},salt="{_text(salt)}",saltedpassword="{_text(salted)}"'
            arguments += ["--add-scram", f"{MECHANISM}=[name={login},{kept}]"]
        return arguments


def salted_password(password: str, salt: bytes) -> bytes:
    """RFC 5802's Hi(password, salt, i) with SHA-512."""
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, SCRAM_ITERATIONS)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
