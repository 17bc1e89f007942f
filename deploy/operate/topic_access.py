"""Who may do what on the broker, compared with what the registry asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import DescribeAclsRequest

from deploy.catalogue.access import grants
from deploy.debezium.access import CONNECT_USER, connect_entries
from deploy.errors import CommandError
from deploy.kubernetes.names import kafka_user

ANY = 1
ALLOW = 3
PREFIXED = 4
SECURITY_DISABLED = 54
RESOURCES = {2: "topic", 3: "group"}
OPERATIONS = {2: "All", 3: "Read", 4: "Write", 5: "Create", 6: "Delete", 7: "Alter", 8: "Describe", 9: "ClusterAction",
              10: "DescribeConfigs", 11: "AlterConfigs", 12: "IdempotentWrite"}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One entry that allows; `user` as the broker knows it, `name` ends with `*` where a prefix is meant."""

    user: str
    operation: str
    resource: str
    name: str

    def as_text(self) -> str:
        """As in: nss-review may Read topic nss.contract.v1."""
        return f"{self.user} may {self.operation} {self.resource} {self.name}"


async def find_rights(admin: AIOKafkaAdminClient) -> set[Right] | None:
    """Every entry about topics and groups that allows something; None where the broker checks nothing."""
    answer = await admin._send_request(DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY))
    if answer.error_code == SECURITY_DISABLED:
        return None
    if answer.error_code:
        raise CommandError(f"the broker does not show its access list: {for_code(answer.error_code).__name__}")
    return {
        Right(principal.removeprefix("User:"), OPERATIONS.get(operation, str(operation)), RESOURCES[kind],
              name + "*" * (pattern == PREFIXED))
        for kind, name, pattern, entries in answer.resources if kind in RESOURCES
        for principal, _host, operation, permission in entries if permission == ALLOW
    }  # fmt: skip


def wanted_rights(prefix: str) -> set[Right]:
    """What the registry asks for, by the logins of the manifests."""
    return {
        Right(kafka_user(grant.principal), grant.operation, grant.resource, grant.name + "*" * grant.is_prefix)
        for grant in grants(prefix)
    }


def tolerated_rights(prefix: str) -> set[Right]:
    """What nobody has to have: Kafka Connect's, where it publishes in place of the relays."""
    return {Right(CONNECT_USER, operation, resource, name) for resource, name, operation in connect_entries(prefix)}


def access_differences(found: set[Right], prefix: str, ours: Sequence[str]) -> Iterator[str]:
    """One line each. Rights on what is not ours are nobody's business here; `ours` are the topics' names."""
    wanted = wanted_rights(prefix)
    for right in sorted(wanted - found):
        yield f"{right.as_text()}: declared, but not given"
    for right in sorted(found - wanted - tolerated_rights(prefix)):
        if _touches(right, prefix, ours):
            yield f"{right.as_text()}: given, but not declared"


def _touches(right: Right, prefix: str, ours: Sequence[str]) -> bool:
    if right.name == "*":
        return True
    if right.resource == "group":
        return right.name.startswith(f"{prefix}nss.")
    if right.name.endswith("*"):
        return any(name.startswith(right.name[:-1]) for name in ours)
    return right.name in ours


def access_as_json(found: set[Right] | None) -> dict[str, Any]:
    """For `--json`."""
    return {"checked": found is not None, "rights": sorted(right.as_text() for right in found or ())}
