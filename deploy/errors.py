"""Expected failures of the command: one line that says what to do, and a stable exit code."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `nss`; they do not change meaning."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NOT_RUNNING = 3
    REFUSED = 4
    LOGIN_NEEDED = 5
    INCOMPLETE = 6
    DIFFERS = 7


class CommandError(RuntimeError):
    """Ends the command: the message is shown as it is, without a trace."""

    exit_code = ExitCode.FAILED


class StackError(CommandError):
    """A part of the local stack is missing, in the way, or has failed."""


class NotRunning(CommandError):
    """There is no stack, or a part of it does not run."""

    exit_code = ExitCode.NOT_RUNNING


class Refused(CommandError):
    """The service understood the request and said no."""

    exit_code = ExitCode.REFUSED


class LoginNeeded(CommandError):
    """No staff token, or one that is no longer accepted."""

    exit_code = ExitCode.LOGIN_NEEDED


class Differs(CommandError):
    """Two things that should agree were compared, and do not."""

    exit_code = ExitCode.DIFFERS
