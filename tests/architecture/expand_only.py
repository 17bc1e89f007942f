"""What a migration may not do while the release before it still runs on the same database.

A roll-out brings the new schema first and the new code after it, so the old code reads and writes the new schema for
a while: a migration adds, and what it replaces goes with a later release. A statement that only looks dangerous is let
through by a comment before it that begins with KEPT and says why the release before it does not notice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KEPT = "-- kept:"

PIECES = re.compile(r"--[^\n]*|'(?:[^']|'')*'|(\$\w*\$).*?\1|;|[^;'$-]+|.", re.DOTALL)
TABLE_NAME = r"(?:if not exists |only )?\"?(?P<table>\w+)"


@dataclass(frozen=True, slots=True)
class Breach:
    """A statement (its beginning) and what is wrong with it."""

    statement: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern over a statement in lower case with single spaces."""

    pattern: re.Pattern[str]
    reason: str


def _rule(pattern: str, reason: str) -> Rule:
    return Rule(re.compile(pattern), reason)


RULES: Sequence[Rule] = (
    _rule(r"\bdrop (table|view|materialized view|function|procedure|type|schema|sequence)\b", "old code may use it"),
    _rule(r"^alter table .*\bdrop (column )?(?!constraint\b|not null\b|default\b)\w", "old code names this column"),
    _rule(r"\brename\b", "old code knows the old name"),
    _rule(r"\balter (column )?\w+ (set data )?type\b", "rewrites the table, and old code knows the old type"),
    _rule(r"\bset not null\b", "old code may leave it out, and the whole table is read under a lock"),
    _rule(r"\bdrop default\b", "old code leaves it out"),
    _rule(r"^alter table .*\badd (constraint|check|unique|primary key|foreign key|exclude)\b(?!.*\bnot valid\b)",
          "reads the whole table under a lock: add it not valid, validate it in a file of its own"),
    _rule(r"^truncate\b", "takes away what old code reads"),
    _rule(r"^revoke\b", "old code may need the right"),
    _rule(r"^(update|delete)\b(?!.*\bwhere\b)", "locks every row in one transaction: a job does it in portions"),
)  # fmt: skip
COLUMN_NEEDED = "old code does not fill it: give it a default, or let it be null"
INDEX_BLOCKS = "nobody can write meanwhile: concurrently, in a file of its own with `-- transactional: false`"
INDEX_REFUSES = "old code may write what it refuses"


def breaches(sql: str) -> Sequence[Breach]:
    """Every statement of a file that the release before would notice. Tables made by the file itself are free."""
    found, made = [], set[str]()
    for statement, excused in _statements(sql):
        if match := re.match(rf"create (?:unlogged )?table {TABLE_NAME}", statement):
            made.add(match["table"])
        if not excused and not _only_touches(statement, made):
            found += [Breach(statement[:80], reason) for reason in _reasons(statement)]
    return found


def _only_touches(statement: str, tables: set[str]) -> bool:
    match = re.match(
        rf"(?:alter table|create (?:unique )?index .*?\bon|update|delete from|truncate) {TABLE_NAME}", statement
    )
    return match is not None and match["table"] in tables


def _reasons(statement: str) -> Iterator[str]:
    yield from (rule.reason for rule in RULES if rule.pattern.search(statement))
    yield from (reason for check in (_column, _index) if (reason := check(statement)))


def _column(statement: str) -> str:
    """Each added column is a clause of its own; a comma within parentheses ends none."""
    if not statement.startswith("alter table"):
        return ""
    clauses = re.split(r",(?![^(]*\))", statement)
    needed = any("add column" in clause and "not null" in clause and "default" not in clause for clause in clauses)
    return COLUMN_NEEDED if needed else ""


def _index(statement: str) -> str:
    match = re.match(r"create (?P<unique>unique )?index (?P<way>concurrently )?", statement)
    if not match:
        return ""
    return INDEX_REFUSES if match["unique"] else "" if match["way"] else INDEX_BLOCKS


def _statements(sql: str) -> Iterator[tuple[str, bool]]:
    """Lower case with single spaces, without comments and texts; with whether a comment excuses it."""
    parts: list[str] = []
    excused = False
    for match in PIECES.finditer(sql + ";"):
        piece = match[0]
        if piece == ";":
            if statement := " ".join("".join(parts).split()).lower():
                yield statement, excused
                excused = False
            parts = []
        elif piece.startswith("--"):
            excused = excused or piece.startswith(KEPT)
        else:
            parts.append("''" if piece[0] in "'$" and len(piece) > 1 else piece)
