"""Searching for secrets that must be nowhere: in files byte by byte, in texts, and in what topics hold."""

import base64
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pypdf

CHUNK = 1 << 22


@dataclass(slots=True)
class Search:
    """What has been searched so far, by place, and every hit: a place and how the secret stood there."""

    canaries: Sequence[str]
    searched: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Pieces (files, records, pages) and bytes by place."""
    hits: list[str] = field(default_factory=list)

    def look_into(self, place: str, pieces: Iterable[bytes]) -> None:
        """Search pieces held in memory."""
        spellings = spellings_of(self.canaries)
        for piece in pieces:
            self._note(place, len(piece))
            self.hits += [f"{place}: as {how}" for spelling, how in spellings.items() if spelling in piece]

    def look_through(self, place: str, folder: Path, *, but: Sequence[Path] = ()) -> None:
        """Search every file under the folder, apart from some folders in it; files that vanish meanwhile are left."""
        spellings = spellings_of(self.canaries)
        for path in sorted(folder.rglob("*")):
            try:
                if path.is_symlink() or not path.is_file() or any(path.is_relative_to(other) for other in but):
                    continue
                found = {how for chunk in _chunks(path) for spelling, how in spellings.items() if spelling in chunk}
                size = path.stat().st_size
            except FileNotFoundError:
                continue
            self._note(place, size)
            self.hits += [f"{place}: {path.relative_to(folder)} as {how}" for how in sorted(found)]

    def told(self) -> str:
        """The counts, for people."""
        lines = [f"  {place}: {count} pieces, {size:,} bytes" for place, (count, size) in self.searched.items()]
        return "\n".join(
            [f"searched for {len(self.canaries)} passwords, {len(self.hits)} hits", *lines, *self.hits[:20]]
        )

    def _note(self, place: str, size: int) -> None:
        count, total = self.searched.get(place, (0, 0))
        self.searched[place] = (count + 1, total + size)


def spellings_of(canaries: Iterable[str]) -> Mapping[bytes, str]:
    """How a secret would read: as text, UTF-16, hexadecimal, or inside base64 at any of its three places."""
    found: dict[bytes, str] = {}
    for canary in canaries:
        plain = canary.encode()
        found[plain] = "text"
        found[canary.encode("utf-16-le")] = "UTF-16"
        found[plain.hex().encode()] = "hexadecimal"
        found[plain.hex().upper().encode()] = "hexadecimal"
        for shift in range(3):
            # What stands before and after a secret changes the outermost characters of its base64 alone.
            found[base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4]] = "base64"
    return found


def texts_of_pdf(pdf: bytes) -> Iterator[bytes]:
    """What a reader sees of the document: its properties, then page by page."""
    document = pypdf.PdfReader(io.BytesIO(pdf))
    yield "\n".join(str(value) for value in (document.metadata or {}).values()).encode()
    yield from (page.extract_text().encode() for page in document.pages)


def streams_of_pdf(pdf: bytes) -> Iterator[bytes]:
    """What is packed inside of the document, unpacked, whether or not a page shows it."""
    for piece in pdf.split(b"stream")[1:]:
        try:
            yield zlib.decompressobj().decompress(piece.lstrip(b"\r\n"))
        except zlib.error:
            continue


def _chunks(path: Path) -> Iterator[bytes]:
    """The file in pieces that overlap, so that nothing hides on an edge; the zeros of sparse files are left out."""
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if chunk.count(0) < len(chunk):
                yield before + chunk
            before = chunk[-256:]
