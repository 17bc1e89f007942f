"""Japanese text stands in templates, labels and the like, so that a word of the screen is changed in one place.

Comments and docstrings may quote the screens; values in the code may not.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.architecture.source_tree import ROOT, name_of, python_files

JAPANESE = re.compile("[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
AT_HOME = (
    "services/*/labels.py",
    "services/*/labels/*.py",
    "shared/runtime/web/labels.py",
    "shared/kernel/japanese_text.py",
    "shared/contracts/*.py",  # descriptions in the published schemas name the screen's term
    "deploy/local/demo*",
)
ENGLISH_FILES = ("*.sql", "*.css", "*.toml", "*.sh", "Makefile")


def test_values_in_code_are_not_japanese() -> None:
    strays = [
        f"{name_of(path)}:{literal.lineno} {literal.value!r}"
        for path in python_files("services", "shared", "deploy")
        if not any(fnmatch(name_of(path), home) for home in AT_HOME)
        for literal in _texts(path)
        if JAPANESE.search(str(literal.value))
    ]

    assert strays == []


def test_queries_styles_and_settings_are_not_japanese() -> None:
    strays = [
        name_of(path)
        for folder in ("services", "shared", "deploy")
        for pattern in ENGLISH_FILES
        for path in (ROOT / folder).rglob(pattern)
        if JAPANESE.search(path.read_text()) and not any(fnmatch(name_of(path), home) for home in AT_HOME)
    ]

    assert strays == []


def _texts(path: Path) -> Iterator[ast.Constant]:
    tree = ast.parse(path.read_text())
    # A text that is a whole statement is a docstring, of a module, class, function or field.
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node
