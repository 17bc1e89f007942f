"""A mail server that takes everything as fast as it can, in a process of its own, and notes when each mail came.

`python -m tests.benchmarks.mail_sink FILE` prints its port, then writes a line `<message key> <monotonic>` per mail.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import cast

import uvloop

KEY_BEGINS = b"Message-ID: <"
KEY_LENGTH = 40
CONTENT_ENDS = b"\r\n.\r\n"
REPLIES = {b"DATA": b"354 go on\r\n"}
OFFERS = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
OFFERS_NO_GROUPS = b"250-sink\r\n250 8BITMIME\r\n"


@dataclass(frozen=True, slots=True)
class MailSink:
    """Where it listens, and what it wrote."""

    port: int
    notes: Path

    def arrivals(self) -> dict[str, list[float]]:
        """Instants (monotonic) by message key."""
        found: dict[str, list[float]] = {}
        for line in self.notes.read_text().splitlines():
            key, _, instant = line.partition(" ")
            found.setdefault(key, []).append(float(instant))
        return found


@contextmanager
def running_sink(folder: Path, *options: str) -> Iterator[MailSink]:
    """Started, and ended with the block. `--no-groups`: it takes one command at a time."""
    notes = folder / "arrivals"
    command = [sys.executable, "-m", "tests.benchmarks.mail_sink", str(notes), *options]
    process = Popen(command, stdout=PIPE, text=True)
    try:
        assert process.stdout is not None
        yield MailSink(int(process.stdout.readline()), notes)
    finally:
        process.terminate()
        process.wait()


class _Conversation(asyncio.Protocol):
    """Enough SMTP for clients that send one command at a time, and for those that send them in groups."""

    def __init__(self, notes: "list[str]", offers: bytes) -> None:
        self._notes, self._received, self._taking = notes, bytearray(), False
        self._replies = {**REPLIES, b"EHLO": offers}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        replies = b"".join(self._answers())
        if replies:
            self._transport.write(replies)

    def _answers(self) -> Iterator[bytes]:
        """To each command, and to a content once its end is there."""
        end = 0
        while (newline := self._received.find(CONTENT_ENDS if self._taking else b"\n", end)) >= 0:
            if self._taking:
                self._note(self._received.find(KEY_BEGINS, end) + len(KEY_BEGINS))
                self._taking, end = False, newline + len(CONTENT_ENDS)
                yield b"250 taken\r\n"
                continue
            verb = bytes(self._received[end : end + 4]).upper()
            self._taking, end = verb == b"DATA", newline + 1
            yield self._replies.get(verb, b"250 ok\r\n")
        del self._received[:end]

    def _note(self, begin: int) -> None:
        key = bytes(self._received[begin : begin + KEY_LENGTH]).decode("ascii", "replace")
        self._notes.append(f"{key} {time.monotonic():.4f}\n")


async def serve(file: Path, offers: bytes) -> None:
    """Until the process is ended."""
    notes: list[str] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Conversation(notes, offers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    with file.open("a") as written:
        while True:
            await asyncio.sleep(0.1)
            written.writelines(notes)
            written.flush()
            notes.clear()


def main() -> None:
    """Take mail."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--no-groups", action="store_const", const=OFFERS_NO_GROUPS, default=OFFERS, dest="offers")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(given.file, given.offers))


if __name__ == "__main__":
    main()
