"""Tools that only tests need: installed where that is allowed, else named with the way to get them."""

import os
import shutil
import subprocess

from deploy.doctor import Finding, look_for_test_tools
from deploy.progress import say, step


def main() -> None:
    """`python -m deploy.test_tools`: exit code 1 under CI=true when a tool is still missing, else 0."""
    missing = [finding for finding in look_for_test_tools() if not finding.fine]
    if missing and may_install():
        install([finding.what for finding in missing])
        missing = [finding for finding in look_for_test_tools() if not finding.fine]
    for finding in missing:
        say(f"{finding.what}: {finding.told}")
    raise SystemExit(exit_code(missing))


def may_install() -> bool:
    """Debian and its relatives, as root: nothing else is touched."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """With apt; a failure shows in what is missing afterwards."""
    with step(f"installing {', '.join(packages)} with apt"):
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)


def _apt_get(*arguments: str) -> None:
    subprocess.run(  # noqa: S603  names of packages from this repository
        [shutil.which("apt-get") or "apt-get", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def exit_code(missing: list[Finding]) -> int:
    """Tests that lack their tool are skipped with its name, except where CI=true promises a whole run."""
    return 1 if missing and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    main()
