"""Fonts for A4 forms: found where systems keep them, or named in the station's settings.

A form needs a font with Chinese; what it lacks (hanzi of Extension B in rare names) a second one
may have. Fonts are embedded as a subset, so that the paper looks alike on every machine.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final

from fontTools.ttLib import TTCollection, TTFont, TTLibError

_NAMES: Final = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "SourceHanSansSC-Regular.otf",
    "msyh.ttc",
    "simsun.ttc",
    "simhei.ttf",
    "Deng.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "Arial Unicode.ttf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
)
"""In order of preference."""

_RARE_NAMES: Final = ("simsunb.ttf", "SimsunExtG.ttf", "HanaMinB.ttf", "HanaMinB.otf")
"""Fonts of the rare hanzi alone."""

_SIMPLIFIED: Final = (" SC", "YaHei", "SimSun", "PingFang SC")
_FAMILY_NAME: Final = 1
_PROBE: Final = "卡"


class FontMissing(Exception):
    """No font with Chinese is on this machine, or the one in the settings is none."""

    code: ClassVar[str] = "font-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFace:
    """A font file and, in a collection, which of its faces; `covers` are its code points."""

    path: Path
    face: int
    covers: frozenset[int]


Fonts = tuple[FontFace, ...]
"""The main font, then those that fill its gaps."""


def find_fonts(override: Path | None = None) -> Fonts:
    """The fonts of this machine's forms. Raises FontMissing.

    `override` is the font of the settings; it is taken or refused, never passed over in silence.
    """
    main = _override(override) if override is not None else _main()
    return (main, *_gap_fillers())


def _override(path: Path) -> FontFace:
    face = open_face(path)
    if face is None:
        raise FontMissing(f"{path} is no font with Chinese that can be embedded")
    return face


@lru_cache(maxsize=1)
def _main() -> FontFace:
    for path in _files(_NAMES):
        face = open_face(path)
        if face is not None:
            return face
    raise FontMissing("no Chinese font was found: install fonts-noto-cjk, or name one")


@lru_cache(maxsize=1)
def _gap_fillers() -> Fonts:
    faces = (open_face(path, probe="") for path in _files(_RARE_NAMES))
    return tuple(face for face in faces if face is not None)


def _files(names: tuple[str, ...]) -> Iterator[Path]:
    folders = list(_folders())
    for name in names:
        for folder in folders:
            path = folder / name
            if path.is_file():
                yield path


def _folders() -> Iterator[Path]:
    """Where Windows, macOS and Linux keep fonts; folders that are not there find nothing."""
    windows = os.environ.get("WINDIR")
    if windows:
        yield Path(windows) / "Fonts"
    local = os.environ.get("LOCALAPPDATA")
    if local:
        yield Path(local) / "Microsoft" / "Windows" / "Fonts"
    yield from (Path("/System/Library/Fonts"), Path("/System/Library/Fonts/Supplemental"))
    yield from (Path("/Library/Fonts"), Path.home() / "Library" / "Fonts")
    for root in (Path("/usr/share/fonts"), Path("/usr/local/share/fonts")):
        for folder in ("opentype/noto", "noto-cjk", "google-noto-cjk", "opentype/noto-cjk"):
            yield root / folder
        yield from (root / "truetype/wqy", root / "wqy-microhei", root / "truetype", root)
    yield Path.home() / ".local" / "share" / "fonts"


@lru_cache(maxsize=8)
def open_face(path: Path, *, probe: str = _PROBE) -> FontFace | None:
    """The face of a font file that has `probe`, simplified Chinese first; None for none."""
    try:
        with _opened(path) as faces:
            for number in sorted(faces, key=lambda number: not _is_simplified(faces[number])):
                covers = frozenset(faces[number].getBestCmap() or ())
                if all(ord(character) in covers for character in probe):
                    return FontFace(path=path, face=number, covers=covers)
    except (OSError, TTLibError, ValueError, KeyError, AssertionError):
        return None
    return None


@lru_cache(maxsize=8)
def widths(path: Path, number: int) -> Mapping[int, int]:
    """How wide a face draws each code point, in whole thousandths of the size, as a PDF says it."""
    with _opened(path) as faces:
        font = faces[number]
        per_unit = 1000 / font["head"].unitsPerEm
        advances = font["hmtx"].metrics
        rounded = {units: round(units * per_unit) for units, _ in set(advances.values())}
        cmap = font.getBestCmap() or {}
        return {code: rounded[advances[glyph][0]] for code, glyph in cmap.items()}


@contextmanager
def _opened(path: Path) -> Iterator[dict[int, TTFont]]:
    """The faces of a file by number, read as far as they are asked."""
    with path.open("rb") as file:
        collection = file.read(4) == b"ttcf"
        file.seek(0)
        if collection:
            yield dict(enumerate(TTCollection(file, lazy=True).fonts))
        else:
            yield {0: TTFont(file, lazy=True)}


def _is_simplified(font: TTFont) -> bool:
    family = font["name"].getDebugName(_FAMILY_NAME) or ""
    return any(word in f" {family}" for word in _SIMPLIFIED)
