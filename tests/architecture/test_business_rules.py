"""Every rule of the domain that has a number is held by tests that exist, and code names no number that is none."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.business_rules import RULES

ROOT = Path(__file__).parents[2]
NUMBERED = {
    *(f"B{number}" for number in range(1, 41)),
    *(f"E{number}" for number in (1, *range(5, 18), *range(20, 25), *range(29, 37))),
    *(f"T{number}" for number in range(4, 10)),
}
"""The applicant's portal and what it promises; E2-E4, E18, E19 and E25-E28 are the other services' alone."""
OTHERS = {"E2", "E3", "E4", "E18", "E19", "E25", "E26", "E27", "E28", "T1", "T2", "T3", "T10"}
NAMED = re.compile(r"(?<![\w.'\"-])([BET][1-9][0-9]?)(?![\w'\"])")


@cache
def names_of_tests(path: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_numbered_rule_is_in_the_table() -> None:
    assert set(RULES) == NUMBERED


@pytest.mark.parametrize("number", sorted(RULES))
def test_the_tests_of_a_rule_exist(number: str) -> None:
    rule = RULES[number]

    assert rule.tests, f"{number} ({rule.says}) is held by no test"
    missing = [test for test in rule.tests if test.partition("::")[2] not in names_of_tests(test.partition("::")[0])]
    assert missing == []


def test_intake_names_no_rule_that_there_is_not() -> None:
    named = {
        (path.name, number)
        for path in (ROOT / "services" / "intake").rglob("*.py")
        for number in NAMED.findall(path.read_text(encoding="utf-8"))
    }

    assert {each for each in named if each[1] not in NUMBERED | OTHERS} == set()
    assert len({number for _, number in named}) >= 40
