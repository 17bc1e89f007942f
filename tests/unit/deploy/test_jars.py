"""The broker's jars: only what the lock names, byte for byte; clear words when something is missing or damaged."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.errors import StackError
from deploy.local import jars
from deploy.local.jars import Jar, class_path, missing_jars, read_lock

ENTRY = """
[[dependencies]]
groupId = "org.example"
artifactId = "{name}"
version = "1.0"
packaging = "jar"
sha256 = "{sha256}"
"""


def a_lock(folder: Path, contents: dict[str, bytes]) -> Path:
    lock = folder / "jgo.lock.toml"
    entries = [
        ENTRY.format(name=name, sha256=hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    ]
    lock.write_text("".join(entries))
    return lock


class Shop:
    """Stands for the Maven repositories: has some jars and counts what is asked for."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.asked: list[str] = []

    def fetch(self, jar: Jar, folder: Path) -> Path:
        self.asked.append(jar.artifact)
        path = folder / jar.file_name
        path.write_bytes(self.contents[jar.artifact])
        return path


def test_missing_jars_are_fetched_once_and_the_class_path_keeps_the_locks_order(tmp_path: Path) -> None:
    contents = {"first": b"1", "second": b"2", "third": b"3"}
    lock, shop, repository = a_lock(tmp_path, contents), Shop(contents), tmp_path / "m2"
    paths = class_path(lock, repository, shop.fetch)
    assert [path.read_bytes() for path in paths] == [b"1", b"2", b"3"]
    assert class_path(lock, repository, shop.fetch) == paths
    assert sorted(shop.asked) == ["first", "second", "third"]


def test_a_filled_folder_serves_without_a_network(tmp_path: Path) -> None:
    contents = {"first": b"1"}
    lock, repository = a_lock(tmp_path, contents), tmp_path / "m2"
    class_path(lock, repository, Shop(contents).fetch)
    assert class_path(lock, repository, Shop({}).fetch)


def test_without_network_and_folder_one_line_says_what_to_do(tmp_path: Path) -> None:
    lock = a_lock(tmp_path, {"first": b"1"})
    with pytest.raises(StackError) as refusal:
        class_path(lock, tmp_path / "m2", Shop({}).fetch)
    assert "first-1.0.jar" in str(refusal.value)
    assert "NSS_KAFKA_BOOTSTRAP" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_jar_that_differs_from_the_lock_is_not_used_and_not_kept(tmp_path: Path) -> None:
    lock, repository = a_lock(tmp_path, {"first": b"1"}), tmp_path / "m2"
    with pytest.raises(StackError, match=r"first-1\.0\.jar does not match its SHA-256"):
        class_path(lock, repository, Shop({"first": b"forged"}).fetch)
    assert not [path for path in repository.rglob("*") if path.is_file()]


def test_a_damaged_jar_in_the_folder_is_fetched_again(tmp_path: Path) -> None:
    contents = {"first": b"1"}
    lock, repository = a_lock(tmp_path, contents), tmp_path / "m2"
    (path,) = class_path(lock, repository, Shop(contents).fetch)
    path.write_bytes(b"cut off")
    (again,) = class_path(lock, repository, Shop(contents).fetch)
    assert again.read_bytes() == b"1"


def test_jars_that_the_lock_does_not_name_are_never_on_the_class_path(tmp_path: Path) -> None:
    contents = {"first": b"1"}
    lock, repository = a_lock(tmp_path, contents), tmp_path / "m2"
    (path,) = class_path(lock, repository, Shop(contents).fetch)
    path.with_name("stranger-1.0.jar").write_bytes(b"?")
    assert class_path(lock, repository, Shop(contents).fetch) == [path]


@pytest.mark.parametrize(
    "text",
    ["not toml [", "", "[[dependencies]]\ngroupId = 'g'\n", ENTRY.format(name="a", sha256="too-short")],
    ids=["not toml", "empty", "entry without artifact", "entry without a whole SHA-256"],
)
def test_a_damaged_lock_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    lock = tmp_path / "jgo.lock.toml"
    lock.write_text(text)
    with pytest.raises(StackError, match="restore it from the repository") as refusal:
        read_lock(lock)
    assert "\n" not in str(refusal.value)


def test_the_repositorys_own_lock_pins_one_version_of_kafka_and_names_no_host() -> None:
    locked: Sequence[Jar] = read_lock(jars.LOCK)
    versions = {jar.version for jar in locked if jar.group == "org.apache.kafka"}
    assert len(versions) == 1
    assert "://" not in jars.LOCK.read_text()


def test_missing_jars_tells_which(tmp_path: Path) -> None:
    lock = a_lock(tmp_path, {"first": b"1"})
    assert [jar.artifact for jar in missing_jars(read_lock(lock), tmp_path)] == ["first"]
