"""How test files are shared out among the processes of one run."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

SHARED_STACKS = ("tests/browser", "tests/e2e", "tests/faults", "tests/rollouts")
"""Folders whose tests share a stack that takes longer to start than most of them to run."""


class OneStackOneProcess(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """Each file goes to one process, and so does a whole folder that shares a stack."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        folder = str(file.parent)
        return folder if folder in SHARED_STACKS else str(file)
