"""The fonts of the documents: where they are found, and which characters they have.

The bundled font comes first, so that a document has the same bytes on every machine; fonts of the system only add
characters that it lacks.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont

FAMILIES = {
    "IPAexGothic": "ipaexg.ttf",
    "BIZ UDGothic": "BIZUDGothic-Regular.ttf",
    "Noto Sans CJK JP": "NotoSansCJK-Regular.ttc",
}
"""Family to file name, in the order in which a character is looked for."""

BUNDLED = Path(sys.prefix) / "fonts"
"""Where `make setup` unpacks requirements/fonts.txt."""
OF_THE_SYSTEM = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
LINE_FEED = "\n"


class FontsMissing(RuntimeError):
    """No font for documents was found; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DocumentFont:
    """One font file and the family name by which a template asks for it."""

    family: str
    path: Path


class DocumentFonts:
    """The fonts that were found, in order, and what they can print."""

    def __init__(self, fonts: Sequence[DocumentFont]) -> None:
        self.fonts = tuple(fonts)
        self._code_points = frozenset(code for font in fonts for code in _code_points(font.path))

    @property
    def families(self) -> Sequence[str]:
        """Family names, the first choice first."""
        return [font.family for font in self.fonts]

    def unprintable(self, text: str) -> list[str]:
        """Characters that no font has, each once, in order; line feeds are no characters of a font."""
        return [each for each in dict.fromkeys(text) if ord(each) not in self._code_points and each != LINE_FEED]


def find_fonts(folder: Path | None) -> DocumentFonts:
    """The fonts of `folder` alone; by default the bundled ones, then those of the system. Raises FontsMissing."""
    folders = (folder,) if folder is not None else (BUNDLED, *OF_THE_SYSTEM)
    found = list(_found_in(folders))
    if not found:
        places = ", ".join(map(str, folders))
        raise FontsMissing(f"no font for documents in {places}: run `make setup`, or set NSS_INTAKE_FONTS_DIR")
    return DocumentFonts(found)


def _found_in(folders: Iterable[Path]) -> Iterator[DocumentFont]:
    files = {path.name: path for folder in reversed(list(folders)) for path in sorted(folder.rglob("*.tt[cf]"))}
    for family, name in FAMILIES.items():
        if name in files:
            yield DocumentFont(family, files[name])


def _code_points(path: Path) -> Iterable[int]:
    with TTFont(path, lazy=True, fontNumber=0) as font:
        code_points: dict[int, str] = font.getBestCmap()
        return code_points.keys()
