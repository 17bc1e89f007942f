"""Every word a page shows for an enum member has one home, and every such word is in the glossary.

The rule: a mapping in a service's labels.py that is keyed by an enum has every member. In mappings named `*_LABELS`, a
label that is a term stands word for word in the first column of GLOSSARY.md: whole, or each of what is inside and
outside its brackets. One that is a sentence (it ends like one, or has blanks to fill in) needs no row. That no
page shows a member itself is seen to by the templates' environment, which refuses to print one.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from enum import Enum

import pytest

from shared.contracts.topics import SERVICES
from tests.architecture.source_tree import ROOT

SENTENCE = re.compile(r"[。{]|(ました|ません|ませんでした|ます|です|ください)(（.*）)?$")
BRACKETS = re.compile("[（）]")
ROW = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)


def _labels(service: str) -> Iterator[tuple[str, Mapping[object, object]]]:
    module = importlib.import_module(f"services.{service}.labels")
    for name, value in vars(module).items():
        if isinstance(value, Mapping) and not name.startswith("_"):
            yield name, value


def _glossary_terms() -> set[str]:
    cells = ROW.findall((ROOT / "GLOSSARY.md").read_text())
    return {term.strip() for cell in cells for term in re.split("・| / ", cell)}


def _parts(term: str) -> set[str]:
    return set(filter(None, BRACKETS.split(term)))


def _members(labels: Mapping[object, object]) -> list[Enum]:
    return [key for key in labels if isinstance(key, Enum)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_member_has_a_label(service: str) -> None:
    missing = {
        name: unlabelled
        for name, labels in _labels(service)
        if (members := _members(labels)) and (unlabelled := [m for m in type(members[0]) if m not in labels])
    }

    assert missing == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_label_that_is_a_term_is_in_the_glossary(service: str) -> None:
    known = _glossary_terms()
    terms = {
        str(labels[member])
        for name, labels in _labels(service)
        if name.endswith("_LABELS")
        for member in _members(labels)
        if not SENTENCE.search(str(labels[member]))
    }

    assert sorted(term for term in terms - known if not _parts(term) <= known) == []
