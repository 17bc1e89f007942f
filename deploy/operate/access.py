"""Giving principals on the broker what the registry says they need, and taking back what it does not say."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from deploy.errors import CommandError
from deploy.operate.topic_access import ALLOW, OPERATIONS, PREFIXED, RESOURCES, Right, find_rights, wanted_rights
from deploy.operate.topics import admin_client

LITERAL = 3
ANY_HOST = "*"
SETTLE_SECONDS = 10.0
RETRY_SECONDS = 0.05
RESOURCE_CODES = {name: code for code, name in RESOURCES.items()}
OPERATION_CODES = {name: code for code, name in OPERATIONS.items()}


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """What is missing on the broker, and what our principals have there beyond the registry."""

    to_give: tuple[Right, ...]
    to_take: tuple[Right, ...]

    def lines(self) -> list[str]:
        """One line for each change."""
        given = [f"give: {right.as_text()}" for right in self.to_give]
        return given + [f"take back: {right.as_text()}" for right in self.to_take]


async def plan_access(client: Mapping[str, Any], prefix: str = "") -> AccessPlan:
    """Compare; nothing is changed. `client` holds aiokafka's connection arguments. Raises CommandError."""
    async with admin_client(client) as admin:
        return await _plan(admin, prefix)


async def apply_access(client: Mapping[str, Any], prefix: str = "") -> AccessPlan:
    """Give what is missing, take back the rest, and wait until the broker shows it. Returns what was changed.

    Entries of principals that are not ours are left alone. Raises CommandError.
    """
    async with admin_client(client) as admin:
        plan = await _plan(admin, prefix)
        for right in plan.to_give:
            await give(admin, right)
        for right in plan.to_take:
            await take_back(admin, right)
        await _settled(admin, prefix)
        return plan


async def give(admin: AIOKafkaAdminClient, right: Right) -> None:
    """One right more. Raises CommandError."""
    answer = await admin._send_to_controller(CreateAclsRequest(*_entry(right)))
    _check(right, [code for code, *_ in answer.creation_responses])


async def take_back(admin: AIOKafkaAdminClient, right: Right) -> None:
    """One right less. Raises CommandError."""
    answer = await admin._send_to_controller(DeleteAclsRequest(*_entry(right)))
    _check(right, [code for code, *_ in answer.filter_responses])


async def _plan(admin: AIOKafkaAdminClient, prefix: str) -> AccessPlan:
    found = await find_rights(admin)
    if found is None:
        raise CommandError("this broker checks no rights: set its authorizer first (authorizer.class.name)")
    wanted = wanted_rights(prefix)
    ours = {right.user for right in wanted}
    return AccessPlan(
        to_give=tuple(sorted(wanted - found)),
        to_take=tuple(sorted(right for right in found - wanted if right.user in ours)),
    )


async def _settled(admin: AIOKafkaAdminClient, prefix: str) -> None:
    """A controller confirms an entry a moment before every broker knows it. Raises CommandError."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while left := (await _plan(admin, prefix)).lines():
        if asyncio.get_running_loop().time() > deadline:
            raise CommandError(f"the broker does not show {len(left)} change(s) within {SETTLE_SECONDS:.0f} s")
        await asyncio.sleep(RETRY_SECONDS)


def _entry(right: Right) -> tuple[int, str, int, str, str, int, int]:
    is_prefix = right.name.endswith("*") and right.name != "*"
    return (
        RESOURCE_CODES[right.resource],
        right.name.removesuffix("*") if is_prefix else right.name,
        PREFIXED if is_prefix else LITERAL,
        f"User:{right.user}",
        ANY_HOST,
        OPERATION_CODES[right.operation],
        ALLOW,
    )


def _check(right: Right, codes: Iterable[int]) -> None:
    for code in codes:
        if code:
            raise CommandError(f"the broker refused a change of «{right.as_text()}»: {for_code(code).__name__}")
