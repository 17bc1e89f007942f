"""Which revision the release before is, and that its image comes from there and from nowhere else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import CommandError
from deploy.images.assemble import ROOT
from deploy.images.previous import assemble_revision, previous_revision

SOMEBODY = ("-c", "user.name=somebody", "-c", "user.email=somebody@naccs.example")
OF_NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


class History:
    """A repository with one service, whose code is a file with one word."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("pyproject.toml", "requirements/intake.txt", "shared/__init__.py", "services/intake/__init__.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *SOMEBODY, *arguments]
        # Within a hook of git, its variables would lead to the repository of this very checkout.
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(command, env=inherited | OF_NOBODY, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, name: str, text: str, *, tag: str = "") -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", text)
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "repository")


def test_without_a_tag_it_is_the_commit_before_the_last_change_of_the_service_or_what_it_shares(
    history: History,
) -> None:
    first = history.commit("services/intake/word.py", "one")
    second = history.commit("shared/word.py", "two")
    assert previous_revision("intake", history.root) == first
    third = history.commit("services/intake/word.py", "three")
    history.commit("services/review/word.py", "of somebody else")
    history.commit("services/intake/README.md", "not in the image")
    assert previous_revision("intake", history.root) == second
    history.commit("requirements/intake.txt", "another lock")
    assert history.git("rev-parse", f"{previous_revision('intake', history.root)}~2") == third


def test_it_is_the_newest_release_whose_image_was_another(history: History) -> None:
    history.commit("services/intake/word.py", "one", tag="v0.1.0")
    history.commit("services/intake/word.py", "two", tag="intake-0.2.0")
    history.commit("services/review/word.py", "of somebody else", tag="v0.3.0")
    history.commit("services/review/word.py", "again", tag="review-0.4.0")
    assert previous_revision("intake", history.root) == "v0.1.0"
    history.commit("services/intake/word.py", "three")
    assert previous_revision("intake", history.root) in ("intake-0.2.0", "v0.3.0")


@pytest.mark.parametrize("tag", ["", "v0.1.0"])
def test_a_history_with_one_release_says_so(history: History, tag: str) -> None:
    history.commit("services/intake/word.py", "one", tag=tag)
    with pytest.raises(CommandError, match="no release of intake before this one"):
        previous_revision("intake", history.root)


def test_a_folder_without_history_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a git repository"):
        previous_revision("intake", tmp_path)


def test_the_image_holds_what_was_there_then(history: History, tmp_path: Path) -> None:
    first = history.commit("services/intake/word.py", "one")
    history.commit("services/intake/word.py", "two")
    code = assemble_revision("intake", first, tmp_path / "image", history.root)
    assert (code.folder / "services/intake/word.py").read_text(encoding="utf-8") == "one"
    assert code.python == sys.executable
    assert history.git("status", "--porcelain") == ""
