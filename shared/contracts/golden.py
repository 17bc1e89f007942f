"""The golden examples: whole records as they stand on a topic, invented data, readable by a person.

One file per case: `examples/<type without nss. and the major>/<major>/<case>.json`, for instance
`examples/application.received/v1/one_mailbox.json`. A file holds `topic`, `key`, `headers` (as text) and `data`. The
record's value is `data` as compact JSON in UTF-8; a file and the record made of it say exactly the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.contracts.envelope import Record

EXAMPLES_FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class GoldenExample:
    """One case: the record, and the data in it as parsed JSON."""

    event_type: str
    case: str
    record: Record
    data: dict[str, Any]


def golden_examples() -> Iterator[GoldenExample]:
    """Every example, ordered by type and case."""
    for path in sorted(EXAMPLES_FOLDER.glob("*/*/*.json")):
        yield _read(path)


def golden_example(event_type: str, case: str) -> GoldenExample:
    """The example of that name. Raises FileNotFoundError."""
    return _read(example_path(event_type, case))


def example_path(event_type: str, case: str) -> Path:
    """Where the example stands: `nss.application.received.v1` is found in `application.received/v1`."""
    name, _, major = event_type.removeprefix("nss.").rpartition(".")
    return EXAMPLES_FOLDER / name / major / f"{case}.json"


def _read(path: Path) -> GoldenExample:
    content = json.loads(path.read_text(encoding="utf-8"))
    return GoldenExample(
        event_type=f"nss.{path.parent.parent.name}.{path.parent.name}",
        case=path.stem,
        record=Record(
            topic=content["topic"],
            key=content["key"].encode(),
            value=json.dumps(content["data"], ensure_ascii=False, separators=(",", ":")).encode(),
            headers=[(name, text.encode()) for name, text in content["headers"].items()],
        ),
        data=content["data"],
    )
