"""`nss topics diff`: what was declared against what is on the broker, in both directions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.operate.topic_access import access_differences, find_rights
from deploy.operate.topics import TopicFinding, TopicLayout, admin_client, compare_topics
from shared.contracts.topics import TOPICS

SET_ON_THE_TOPIC = 1
"""Source of a setting: written for this topic, not the broker's own value."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is not as declared, one line each; `access_checked` is False where the broker lets all pass."""

    topics: Sequence[str]
    access: Sequence[str]
    access_checked: bool

    @property
    def differs(self) -> bool:
        """Whether anything is not as declared."""
        return bool(self.topics or self.access)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"topics": list(self.topics), "access": list(self.access), "access_checked": self.access_checked}

    def summary(self) -> str:
        """What was compared, in one line for the end."""
        topics = f"{len(self.topics)} difference(s)" if self.topics else "as declared"
        access = f"{len(self.access)} difference(s)" if self.access else "as declared"
        checked = access if self.access_checked else "not checked by this broker: everybody may do everything"
        return f"{len(TOPICS)} topics: {topics}; access: {checked}"


async def compare_with_broker(client: Mapping[str, Any], layout: TopicLayout) -> Comparison:
    """Topics, their settings and the access list. `client` holds aiokafka's connection arguments. Raises StackError."""
    findings = await compare_topics(client, layout)
    async with admin_client(client) as admin:
        existing = set(await admin.list_topics())
        overrides = await _overrides(admin, [finding.name for finding in findings if finding.name in existing])
        rights = await find_rights(admin)
    names = [finding.name for finding in findings]
    lines = [*_declared(findings), *_set_by_hand(overrides, layout), *_unknown(existing, layout.prefix)]
    access = [] if rights is None else list(access_differences(rights, layout.prefix, names))
    return Comparison(lines, access, rights is not None)


def _declared(findings: Sequence[TopicFinding]) -> Iterator[str]:
    for finding in findings:
        if finding.condition != "as wanted":
            yield from (f"{finding.name}: {told}" for told in finding.differences or (finding.condition,))


def _set_by_hand(overrides: Mapping[str, Mapping[str, str]], layout: TopicLayout) -> Iterator[str]:
    for topic in TOPICS:
        name = topic.name_with(layout.prefix)
        declared = layout.configuration_of(topic)
        for setting, value in sorted(overrides.get(name, {}).items()):
            if setting not in declared:
                yield f"{name}: {setting} is set to {value}, which is not declared"


def _unknown(existing: set[str], prefix: str) -> Iterator[str]:
    declared = {topic.name_with(prefix) for topic in TOPICS}
    for name in sorted(existing - declared):
        if name.startswith(f"{prefix}nss."):
            yield f"{name}: on the broker, but not declared"


async def _overrides(admin: AIOKafkaAdminClient, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Settings that were written for a topic, by its name."""
    if not names:
        return {}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        name: {entry[0]: entry[1] for entry in entries if entry[3] == SET_ON_THE_TOPIC}
        for answer in answers
        for _code, _message, _kind, name, entries in answer.resources
    }
