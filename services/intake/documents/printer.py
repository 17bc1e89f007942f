"""Typst as the printer of documents: data goes in as JSON, never as markup; the same sheet gives the same bytes."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from services.intake.documents.fonts import DocumentFonts
from services.intake.documents.words import Sheet, decided_at, printed_data, template_of
from shared.kernel.japanese_text import unprintable_characters

TEMPLATES = Path(__file__).parents[1] / "templates" / "documents"
STANDARDS: list[Any] = ["a-2a", "ua-1"]
"""Archivable, with structure, and readable by assistive technology."""
KEPT = 128
GETA = "〓"  # what Japanese printers set for a character they do not have


class DocumentPrinterBusy(RuntimeError):
    """More documents wait to be printed than the service takes on: answer 503 and let the caller try again."""


class DocumentFaulty(RuntimeError):
    """The template and the data do not go together; the message holds nothing of the data."""


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """A PDF and its SHA-256, 64 hexadecimal digits."""

    pdf: bytes
    sha256: str


class DocumentPrinter:
    """One per process: one compiler in one thread beside the event loop, at most `waiting` sheets queueing for it."""

    def __init__(self, fonts: DocumentFonts, *, waiting: int = 32) -> None:
        self._fonts = fonts
        self._compiler = _compiler(fonts)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="document-printer")
        self._free = waiting
        self._printed: set[str] = set()
        """Characters met before that can be printed; the character sets hold some 11,000."""
        self._kept: OrderedDict[str, PrintedDocument] = OrderedDict()

    def find_unprintable(self, text: str) -> list[str]:
        """Characters that no Japanese character set or no font of the documents has, each once, in order."""
        if self._printed.issuperset(text):
            return []
        strange = {*unprintable_characters(text), *self._fonts.unprintable(text)}
        self._printed.update(each for each in text if each not in strange)
        return [each for each in dict.fromkeys(text) if each in strange]

    async def print(self, sheet: Sheet) -> PrintedDocument:
        """The sheet as PDF/A-2a and PDF/UA-1. Raises DocumentPrinterBusy, and DocumentFaulty for any warning."""
        content = {**self._printable(printed_data(sheet)), "fonts": self._fonts.families}
        data = json.dumps(content, ensure_ascii=False, sort_keys=True)
        key = hashlib.sha256(f"{type(sheet).__name__}\n{data}".encode()).hexdigest()
        if kept := self._kept.get(key):
            self._kept.move_to_end(key)
            return kept
        printed = await self._in_thread(template_of(sheet), data, decided_at(sheet))
        self._kept[key] = printed
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return printed

    def close(self) -> None:
        """Finish what runs, drop what waits, end the thread."""
        self._executor.shutdown(cancel_futures=True)

    async def _in_thread(self, template: str, data: str, decided: datetime) -> PrintedDocument:
        # Counted on the event loop alone, so a plain number needs no lock.
        if self._free == 0:
            raise DocumentPrinterBusy("too many documents are being printed")
        self._free -= 1
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._executor, self._compile, template, data, decided)
        done.add_done_callback(self._release)
        # Shielded: a caller that goes away must not free the place of a document that is still being printed.
        return await asyncio.shield(done)

    def _compile(self, template: str, data: str, decided: datetime) -> PrintedDocument:
        try:
            pdf, warnings = self._compiler.compile_with_warnings(
                TEMPLATES / template,
                format="pdf",
                sys_inputs={"data": data},
                pdf_standards=STANDARDS,
                timestamp=decided.astimezone(UTC).replace(microsecond=0),
            )
        except typst.TypstError:
            # A diagnostic may quote the data; where it happened does not.
            raise DocumentFaulty(f"{template} cannot be compiled") from None
        if warnings or not isinstance(pdf, bytes):
            raise DocumentFaulty(f"{template} compiles with {len(warnings)} warnings")
        return PrintedDocument(pdf, hashlib.sha256(pdf).hexdigest())

    def _release(self, _done: object) -> None:
        self._free += 1

    def _printable(self, value: Any) -> Any:
        """Every text of the data with a geta for each character that no font has."""
        if isinstance(value, str):
            strange = self._fonts.unprintable(value)
            return value.translate({ord(each): GETA for each in strange}) if strange else value
        if isinstance(value, Mapping):
            return {name: self._printable(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._printable(part) for part in value]
        return value


def _compiler(fonts: DocumentFonts) -> typst.Compiler:
    # Folders are all it takes; a template asks for the found families by name and falls back to no other.
    folders = list(dict.fromkeys(font.path.parent for font in fonts.fonts))
    files = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    return typst.Compiler(root=TEMPLATES, font_paths=files, ignore_system_fonts=True)
