"""A function fits on a screen and a file into one's head."""

import ast

from tests.architecture.source_tree import name_of, python_files

MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_A_FILE = 300


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in python_files()}

    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    too_long = {
        f"{name_of(path)}:{function.lineno} {function.name}": lines
        for path in python_files()
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }

    assert too_long == {}
