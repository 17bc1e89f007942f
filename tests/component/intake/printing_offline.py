"""Prints two documents in a process that may open no socket: the kernel ends it at the first try.

`python -m tests.component.intake.printing_offline documents|package`: the digests of the documents as JSON; or, to show
that the fence stands, a template that imports a package of the network.
"""

import asyncio
import ctypes
import json
import platform
import struct
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import typst

from services.intake.documents import DocumentPrinter, find_fonts
from services.intake.domain.documents import (
    ApplicationFormSheet,
    ApprovalNoticeSheet,
    application_form,
    approval_notice,
)
from tests.builders import a_contract, an_application_received
from tests.unit.intake.test_documents import COMPLETED_AT, an_application

SOCKET_CALLS: Mapping[str, tuple[int, int]] = {"x86_64": (41, 42), "aarch64": (198, 203)}
"""The numbers of socket(2) and connect(2); a socket pair, which asyncio wakes itself with, is another call."""
NO_NEW_PRIVILEGES, SET_FILTER, FILTER_MODE = 38, 22, 2
LOAD_CALL_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
END_PROCESS, ALLOW = 0x80000000, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def forbid_sockets() -> None:
    """From here on, for this thread and those it starts (seccomp(2)); no right is needed for it."""
    opening, connecting = SOCKET_CALLS[platform.machine()]
    steps = (
        (LOAD_CALL_NUMBER, 0, 0, 0),
        (JUMP_IF_EQUAL, 2, 0, opening),
        (JUMP_IF_EQUAL, 1, 0, connecting),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, END_PROCESS),
    )
    program = _Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for request in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SET_FILTER, FILTER_MODE, ctypes.byref(program), 0, 0)):
        if libc.prctl(*request) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


async def digests() -> Mapping[str, str]:
    """SHA-256 of one document of each kind."""
    printer = DocumentPrinter(find_fonts(None))
    content, contract = an_application_received(), a_contract()
    sheets: Mapping[str, ApplicationFormSheet | ApprovalNoticeSheet] = {
        "application-form": application_form(content, contract),
        "approval-notice": approval_notice(an_application(), content, contract, COMPLETED_AT),
    }
    try:
        return {name: (await printer.print(sheet)).sha256 for name, sheet in sheets.items()}
    finally:
        printer.close()


def ask_for_a_package() -> None:
    """What a template would do that imports from Typst's registry."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "paper.typ"
        template.write_text('#import "@preview/nobody-has-such-a-package:0.0.1": *', encoding="utf-8")
        typst.compile(template)


def main() -> None:
    """Do what the argument says, without sockets."""
    forbid_sockets()
    match sys.argv[1:]:
        case ["documents"]:
            sys.stdout.write(json.dumps(asyncio.run(digests())))
        case _:
            ask_for_a_package()


if __name__ == "__main__":
    main()
