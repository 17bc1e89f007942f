"""Where in a JSON file a value stands, so that a refused field can be named with its line."""

import re
from bisect import bisect
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]

SPACE = re.compile(r"[ \t\r\n]*")
SCALAR = re.compile(r"[^\s,\]}]+")

Path = tuple[str, ...]


class RepeatedKey(ValueError):
    """An object has a key twice: JSON readers would silently keep the last."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(f"line {line}: {path} stands there twice")


def lines_of(text: str) -> dict[str, int]:
    """Dotted path of every value to its line, from 1. `text` is valid JSON. Raises RepeatedKey."""
    places: dict[str, int] = {}
    line_ends = [found.start() for found in re.finditer("\n", text)]
    for path, position in _values(text, _Cursor(), ()):
        name, line = ".".join(path), bisect(line_ends, position) + 1
        if name in places:
            raise RepeatedKey(name, line)
        places[name] = line
    return places


def line_of(places: dict[str, int], path: str) -> int:
    """The line of the value, else that of the nearest part of the document around it."""
    parts = path.split(".")
    known = (".".join(parts[:count]) for count in range(len(parts), -1, -1))
    return next(places[each] for each in known if each in places)


class _Cursor:
    at = 0


def _values(text: str, cursor: _Cursor, path: Path) -> Iterator[tuple[Path, int]]:
    _skip(text, cursor)
    yield path, cursor.at
    opening = text[cursor.at]
    if opening == "{":
        yield from _members(text, cursor, path)
    elif opening == "[":
        yield from _items(text, cursor, path)
    elif opening == '"':
        _, cursor.at = scanstring(text, cursor.at + 1)
    else:
        scalar = SCALAR.match(text, cursor.at)
        assert scalar is not None
        cursor.at = scalar.end()


def _members(text: str, cursor: _Cursor, path: Path) -> Iterator[tuple[Path, int]]:
    while not _ends(text, cursor, "}"):
        name, cursor.at = scanstring(text, cursor.at + 1)
        _skip(text, cursor)
        cursor.at += 1
        yield from _values(text, cursor, (*path, name))


def _items(text: str, cursor: _Cursor, path: Path) -> Iterator[tuple[Path, int]]:
    index = 0
    while not _ends(text, cursor, "]"):
        yield from _values(text, cursor, (*path, str(index)))
        index += 1


def _ends(text: str, cursor: _Cursor, closing: str) -> bool:
    """Step over the opening bracket or comma; whether the container ends here."""
    _skip(text, cursor)
    if text[cursor.at] != closing:
        cursor.at += 1
        _skip(text, cursor)
    if text[cursor.at] != closing:
        return False
    cursor.at += 1
    return True


def _skip(text: str, cursor: _Cursor) -> None:
    space = SPACE.match(text, cursor.at)
    assert space is not None
    cursor.at = space.end()
