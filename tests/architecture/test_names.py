"""Module names: none that hides a standard module, none that says nothing."""

import ast
import sys

from tests.architecture.source_tree import name_of, python_files

SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "processor", "misc", "base"}


def test_no_module_hides_one_of_the_standard_library() -> None:
    # Started as a script, a service's own folder comes first on the path, and `http.py` there breaks http.
    names = {path: path.parent.name if path.stem == "__init__" else path.stem for path in python_files()}

    assert [name_of(path) for path, name in names.items() if name in sys.stdlib_module_names] == []


def test_no_module_is_named_after_nothing() -> None:
    assert [name_of(path) for path in python_files() if path.stem in SAYS_NOTHING] == []


def test_every_module_says_in_one_docstring_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in python_files("services", "shared", "deploy")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []
