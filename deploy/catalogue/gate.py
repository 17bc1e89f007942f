"""What stands between a change and its release: broken types, named with those they break, and stale pages."""

from collections.abc import Sequence

from deploy.catalogue.build import outdated_files
from shared.contracts.compatibility import Change
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.schemas import breaking_changes_of_today, published_schemas, released_path, released_text
from shared.contracts.topics import TOPICS, Topic


def complaints() -> Sequence[str]:
    """One line each; empty when today's models may be released."""
    broken = breaking_changes_of_today()
    return [
        *(_line(event_type, change) for event_type, changes in broken.items() for change in changes),
        *(f"{name}: the released schema is not today's" for name in _outdated_schemas() if name not in broken),
        *(f"{name}: the catalogue's file is not as it would be rendered today" for name in outdated_files()),
    ]


def _line(event_type: str, change: Change) -> str:
    place = f"{event_type} {change.path}".rstrip()
    return f"{place}: {change.what}; {change.breaks}; breaks {_readers(event_type)}"


def _readers(event_type: str) -> str:
    topic = _topic_of(event_type)
    ours = ", ".join(topic.readers) if topic else ""
    return f"{ours} and consumers we do not know" if ours else "consumers we do not know"


def _topic_of(event_type: str) -> Topic | None:
    model = EVENT_MODELS.get(event_type)
    if model is not None:
        return model.topic
    family = ".".join(event_type.split(".")[:2])
    return next((topic for topic in TOPICS if topic.name.startswith(f"{family}.")), None)


def _outdated_schemas() -> list[str]:
    return [
        name
        for name, schema in published_schemas().items()
        if not released_path(name).exists() or released_path(name).read_text(encoding="utf-8") != released_text(schema)
    ]
