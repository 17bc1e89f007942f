"""What a change of a published schema breaks: the rule that lets a released type grow and nothing else.

A topic holds records of the past, and readers of the past read records of today. So a change is compatible only if both
sides live with it: every old record is read by new readers, every new record by old ones. Within a major that leaves
fields that may be absent, values of open lists, and texts for people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

TEXTS = frozenset({"title", "description", "examples", "$comment", "default"})
PARTS = frozenset({"properties", "required", "items", "anyOf", "$ref", "$defs", "x-known-values"})
REASONS: Mapping[str, str] = {
    "x-data-class": "readers were cleared for the class that was published",
    "x-topic": "readers subscribe to the old topic",
    "enum": "a closed list: readers refuse values they do not know, and the topic still holds removed ones",
}
ANY_CONSTRAINT = "old records and new ones no longer fit the same rule"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `path` into the data (`contact.email`, `mailboxes[].kind`), what changed, and what follows."""

    path: str
    what: str
    breaks: str = ""

    @property
    def is_breaking(self) -> bool:
        """A reader or a stored record is left behind."""
        return bool(self.breaks)


def changes_between(released: Schema, proposed: Schema) -> list[Change]:
    """Every difference that matters, breaking or not; texts for people are not compared."""
    return list(_Comparison(released, proposed).of(released, proposed, ""))


def breaking_changes(released: Schema, proposed: Schema) -> list[Change]:
    """Those of `changes_between` that are refused within a major."""
    return [change for change in changes_between(released, proposed) if change.is_breaking]


def as_readers_apply_it(schema: Schema) -> Schema:
    """The same schema as a reader of the model applies it: what has a default need not be there."""
    definitions = {name: as_readers_apply_it(part) for name, part in schema.get("$defs", {}).items()}
    read = {key: part for key, part in schema.items() if key not in ("$defs", "required")}
    needed = [name for name in schema.get("required", ()) if "default" not in schema["properties"][name]]
    return {**read, **({"required": needed} if needed else {}), **({"$defs": definitions} if definitions else {})}


class _Comparison:
    """Two schemas side by side. Definitions are compared where they are referred to, so renaming one is no change."""

    def __init__(self, released: Schema, proposed: Schema) -> None:
        self._released_definitions = released.get("$defs", {})
        self._proposed_definitions = proposed.get("$defs", {})

    def of(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        """Differences of two subschemas and of everything below them."""
        old = _resolved(old, self._released_definitions)
        new = _resolved(new, self._proposed_definitions)
        yield from self._constraints(old, new, path)
        yield from self._properties(old, new, path)
        yield from _known_values(old, new, path)
        yield from self._items(old, new, path)
        yield from self._alternatives(old, new, path)

    def _constraints(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        for keyword in sorted((old.keys() | new.keys()) - TEXTS - PARTS):
            before, after = old.get(keyword), new.get(keyword)
            if before != after:
                what = f"{keyword}: {_short(before)} became {_short(after)}"
                yield Change(path, what, REASONS.get(keyword, ANY_CONSTRAINT))

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(before.keys() - after.keys()):
            yield Change(_below(path, name), "field removed", "readers of the field get nothing any more")
        for name in sorted(after.keys() - before.keys()):
            missing = "records that are kept on the topic lack it" if _Presence.of(new, name).is_needed else ""
            yield Change(_below(path, name), "required field added" if missing else "optional field added", missing)
        for name in sorted(before.keys() & after.keys()):
            yield from _presence_changes(_Presence.of(old, name), _Presence.of(new, name), _below(path, name))
            yield from self.of(before[name], after[name], _below(path, name))

    def _items(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        if "items" in old and "items" in new:
            yield from self.of(old["items"], new["items"], f"{path}[]")
        elif "items" in old or "items" in new:
            yield Change(f"{path}[]", "members of the list described differently", ANY_CONSTRAINT)

    def _alternatives(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        before, after = old.get("anyOf", ()), new.get("anyOf", ())
        if len(before) != len(after):
            yield Change(path, f"{len(before)} alternatives became {len(after)}", ANY_CONSTRAINT)
            return
        for one, other in zip(before, after, strict=True):
            yield from self.of(one, other, path)


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    own = {key: value for key, value in schema.items() if key != "$ref"}
    return {**definitions[reference.rpartition("/")[2]], **own}


@dataclass(frozen=True, slots=True)
class _Presence:
    """Whether producers always write a field, and what readers take where it is absent."""

    is_promised: bool
    default: Any

    @classmethod
    def of(cls, schema: Schema, name: str) -> "_Presence":
        return cls(name in schema.get("required", ()), schema["properties"][name].get("default", ...))

    @property
    def is_needed(self) -> bool:
        """Readers refuse a record without it."""
        return self.is_promised and self.default is ...


def _presence_changes(old: _Presence, new: _Presence, path: str) -> Iterator[Change]:
    if old.is_promised and not new.is_promised:
        yield Change(path, "required field became optional", "readers of the past count on it")
    elif new.is_needed and not old.is_needed:
        yield Change(path, "optional field became required", "records that are kept on the topic may lack it")
    elif ... not in (old.default, new.default) and old.default != new.default:
        what = f"default: {_short(old.default)} became {_short(new.default)}"
        yield Change(path, what, "records without the field would be read differently")


def _known_values(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    if "x-known-values" not in old or "x-known-values" not in new:
        # Opening or closing a list changes what readers accept.
        if ("x-known-values" in old) != ("x-known-values" in new):
            yield Change(path, "the list of codes was opened or closed", REASONS["enum"])
        return
    before, after = old["x-known-values"], new["x-known-values"]
    for value in [value for value in before if value not in after]:
        yield Change(path, f"known value {value} removed", "records that are kept on the topic hold it")
    for value in [value for value in after if value not in before]:
        yield Change(path, f"known value {value} added")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)
