"""Named points at which a test may end the process with kill -9. Without NSS_FAILPOINT they are a single comparison."""

import os
import signal

_armed = os.environ.get("NSS_FAILPOINT", "")


def reach(name: str) -> None:
    """End the process here if the running test armed this point; settings refuse the variable in production."""
    if _armed and _armed == name:
        os.kill(os.getpid(), signal.SIGKILL)
