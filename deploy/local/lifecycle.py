"""What `nss up`, `down`, `status`, `demo` and `bench` do, and what they tell."""

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.errors import CommandError, NotRunning
from deploy.local.first_data import load_first_data
from deploy.local.ports import ports_from_environment
from deploy.local.stack import ROOT, LocalStack
from deploy.local.state import StackState, find_stacks
from deploy.progress import say, step

DEMO_MODULE = "deploy.local.demo.play"
BENCHMARK_MODULE = "tests.benchmarks"


def bring_up(directory: Path, *, with_first_data: bool, secured: bool = False) -> None:
    """Start what does not run, fill a new stack, and tell where everything is.

    Raises StackError; a stack of which nothing ran before is then stopped again, and its logs stay.
    """
    stack = LocalStack(directory, given_ports=ports_from_environment(), secured=secured)
    running = [name for name in stack.state.parts if stack.is_running(name)]
    if running:
        say(f"running already in {stack.directory}: {', '.join(running)}")
    try:
        stack.up()
        if with_first_data:
            load_first_data(stack)
    except BaseException:
        if not running:
            stack.down()
        raise
    tell(stack.state)


def bring_down(directories: Sequence[Path] | None) -> None:
    """Stop the given stacks, or all of this checkout. Raises NotRunning when there is none."""
    found = directories or find_stacks(ROOT)
    stopped: list[str] = []
    for directory in found:
        if not (directory / "stack.json").exists():
            raise NotRunning(f"there is no stack in {directory}")
        with step(f"stopping the stack in {directory}"):
            stopped += LocalStack(directory).down()
    say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def describe(directory: Path | None) -> dict[str, Any]:
    """The state file's content with the condition of every part. Raises NotRunning when there is no stack."""
    candidates = [directory] if directory else find_stacks(ROOT)
    states = [state for folder in candidates if (state := StackState.load(folder)) is not None]
    chosen = next((state for state in states if state.parts), None)
    if chosen is None:
        raise NotRunning("no stack is running: start one with `nss up`")
    parts = [{**part, "url": chosen.urls.get(part["name"], "")} for part in LocalStack(chosen.directory).status()]
    return chosen.as_json() | {"parts": parts}


def tell(state: StackState) -> None:
    """Addresses and logins, for the person who has just started the stack."""
    urls = state.urls
    say("")
    say(f"  applicants   {urls.get('intake', '')}")
    say(f"  reviewers    {urls.get('review', '')}")
    say(f"  mails        {urls.get('mails', '')}")
    say(f"  Kafka        {state.kafka_bootstrap}")
    for login in state.logins:
        say(f"  {login['kind']:<12} {login['login']:<10} {login['password']}  {' '.join(login['roles'])}".rstrip())
    say("")
    say("  `nss status --json` tells all of it again, `nss down` ends it.")


def play_demo(*, headless: bool, output: Path | None, directory: Path | None = None) -> None:
    """Hand over to the demo. Raises CommandError if this checkout has none."""
    if importlib.util.find_spec(DEMO_MODULE) is None:
        raise CommandError(f"this checkout has no demo ({DEMO_MODULE})")
    module: Any = importlib.import_module(DEMO_MODULE)
    module.play(headless=headless, output=output, directory=directory)


def run_benchmark(arguments: Sequence[str]) -> int:
    """Run `python -m tests.benchmarks` with these arguments; its exit code. Raises CommandError if it is missing."""
    if not (ROOT / "tests" / "benchmarks" / "__main__.py").exists():
        raise CommandError("this checkout has no benchmark (tests/benchmarks)")
    return subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", BENCHMARK_MODULE, *arguments], cwd=ROOT, check=False
    ).returncode
