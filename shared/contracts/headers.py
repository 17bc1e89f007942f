"""The headers of every record: CloudEvents 1.0 in Kafka binary mode, as consumers are told about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import CONTENT_TYPE, SPEC_VERSION

UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


@dataclass(frozen=True, slots=True)
class Header:
    """One header; its value is UTF-8 text."""

    name: str
    meaning: str
    required: bool = True
    pattern: str | None = None
    constant: str | None = None

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the text."""
        schema: dict[str, Any] = {"type": "string", "description": self.meaning}
        if self.pattern:
            schema["pattern"] = self.pattern
        if self.constant:
            schema["const"] = self.constant
        return schema


HEADERS: tuple[Header, ...] = (
    Header("ce_specversion", "Version of CloudEvents.", constant=SPEC_VERSION),
    Header("ce_id", "Identity of the event, kept over every retry and replay: de-duplicate on it with ce_source.",
           pattern=UUID_PATTERN),
    Header("ce_source", "The service that decided it.", pattern="^/nss/[a-z]+$"),
    Header("ce_type", "Type with its major: within a major only optional additions.",
           pattern=r"^nss\.[a-z.-]+\.v[0-9]+$"),
    Header("ce_time", "When it was decided: RFC 3339, UTC, milliseconds.",
           pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"),
    Header("ce_subject", "Receipt number of the application; where none is meant, the record's key."),
    Header("ce_partitionkey", "The record's key: what orders it within the topic."),
    Header("ce_sequence", "Consecutive per ce_source and ce_subject, ten digits. Absent on operators' own records.",
           required=False, pattern="^[0-9]{10}$"),
    Header("ce_dataschema", "Where the schema of the value stands in this catalogue.", pattern=r"^/schemas/.+\.json$"),
    Header("ce_causationid", "The event that caused this one, if any.", required=False, pattern=UUID_PATTERN),
    Header("ce_correlationid", "The receipt number, throughout an application.", required=False),
    Header("content-type", "Form of the value.", constant=CONTENT_TYPE),
    Header("traceparent", "W3C trace context, where tracing is on.", required=False,
           pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
)  # fmt: skip


def headers_schema() -> Mapping[str, Any]:
    """JSON Schema of the headers of one record, as an object of texts."""
    return {
        "type": "object",
        "properties": {header.name: header.schema() for header in HEADERS},
        "required": [header.name for header in HEADERS if header.required],
    }
