"""A printed sheet as a picture that looks like thermal paper: one pixel for a dot of the head.

White strip with a margin on either side, ink a little short of black, the upper edge where the last
sheet was cut off, the lower where this one was: straight from a cutter, toothed from a tear bar,
ragged where the roll ended.
"""

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from simulators.paper_rows import CHARACTER_DOTS, Cell, ImageRow, QrRow, Row, TextRow

PAPER: Final = (253, 252, 248)
INK: Final = (42, 39, 46)

_LONGEST_DOTS: Final = 24_000  # three metres; longer sheets are drawn up to here
_LEAD_DOTS: Final = 96  # from the blade to the first line: 12 mm
_TAIL_DOTS: Final = 72
_SHADOW_DOTS: Final = 10
_TOOTH_DOTS: Final = 12
_BASELINE: Final = 0.86  # of the character's height
_MARGINS: Final = {384: 40, 512: 28, 576: 32}  # 58 mm and 80 mm paper; 512 dots are at 180 dpi
_FONTS: Final = (
    "NotoSansCJK-{weight}.ttc",
    "NotoSansMonoCJKsc-{weight}.otf",
    "msyh.ttc",
    "PingFang.ttc",
    "wqy-microhei.ttc",
    "DejaVuSansMono.ttf",
)
_MONOSPACED: Final = "Noto Sans Mono CJK SC"

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw(rows: Sequence[Row], *, dots: int, serrated: bool = False, torn: bool = False) -> bytes:
    """A sheet of these rows, `dots` wide, as PNG with a transparent ground."""
    margin = _MARGINS.get(dots, 32)
    width = dots + 2 * margin
    height = min(sum(row.height for row in rows), _LONGEST_DOTS) + _LEAD_DOTS + _TAIL_DOTS
    ink = Image.new("L", (width, height), 0)
    top = _LEAD_DOTS
    for row in rows:
        if top > height - _TAIL_DOTS:
            break
        match row:
            case TextRow():
                tallest = max((cell.tall for cell in row.cells), default=1) * CHARACTER_DOTS
                for cell in row.cells:
                    _draw_cell(ink, cell, margin, top + tallest - cell.tall * CHARACTER_DOTS)
            case QrRow():
                ink.paste(_qr_image(row), (margin + row.left, top))
            case ImageRow():
                ink.paste(_bits_image(row), (margin + row.left, top))
        top += row.height
    return _encoded(_on_paper(ink, serrated=serrated, torn=torn))


def _draw_cell(ink: Image.Image, cell: Cell, margin: int, top: int) -> None:
    left = margin + cell.left
    box = (left, top, left + cell.width, top + cell.tall * CHARACTER_DOTS)
    if cell.inverse:
        ink.paste(255, box)
    if not cell.text.isspace():
        tile = _tile(cell.text, cell.width, cell.wide, cell.tall, cell.bold)
        ink.paste(0 if cell.inverse else 255, (left, top), tile)
    if cell.underline:
        ink.paste(255, (left, box[3] - 2, box[2], box[3]))


@lru_cache(maxsize=8192)
def _tile(text: str, width: int, wide: int, tall: int, bold: bool) -> Image.Image:
    """One character as a mask; it may hang a little below its cell, as a g does."""
    scale = max(wide, tall)
    side = CHARACTER_DOTS * scale
    columns_wide = width // wide * scale
    mask = Image.new("L", (columns_wide, side + side // 8), 0)
    font = _font(side, bold)
    advance = font.getlength(text)
    pen = ImageDraw.Draw(mask)
    pen.text(
        ((columns_wide - advance) / 2, side * _BASELINE), text, fill=255, font=font, anchor="ls"
    )
    if wide == tall:
        return mask
    height = CHARACTER_DOTS * tall
    return mask.resize((width, height + height // 8), Image.Resampling.LANCZOS)


@lru_cache(maxsize=32)
def _font(side: int, bold: bool) -> _Font:
    """The first font of `_FONTS` that Pillow finds in the system's places, or its own."""
    for pattern in _FONTS:
        name = pattern.format(weight="Bold" if bold else "Regular")
        try:
            return _monospaced(name, side)
        except OSError:
            continue
    return ImageFont.load_default(side)


def _monospaced(name: str, side: int) -> ImageFont.FreeTypeFont:
    """The monospaced Chinese face of a collection, or its first face."""
    first = ImageFont.truetype(name, side)
    if not name.startswith("NotoSansCJK"):
        return first
    for index in range(1, 16):
        try:
            face = ImageFont.truetype(name, side, index=index)
        except OSError:
            break
        if face.getname()[0] == _MONOSPACED:
            return face
    return first


def _qr_image(row: QrRow) -> Image.Image:
    side = len(row.modules)
    dots = bytes(255 * module for line in row.modules for module in line)
    small = Image.frombytes("L", (side, side), dots)
    return small.resize((row.height, row.height), Image.Resampling.NEAREST)


def _bits_image(row: ImageRow) -> Image.Image:
    padded = b"".join(line.ljust(row.width_bytes, b"\0") for line in row.lines)
    return Image.frombytes("1", (row.width_bytes * 8, row.height), padded).convert("L")


def _on_paper(ink: Image.Image, *, serrated: bool, torn: bool) -> Image.Image:
    width, height = ink.size
    shape = Image.new("L", ink.size, 0)
    upper = _toothed_edge(width, 0) if serrated else _edge(width, 0)
    lower = _edge(width, height)
    if torn:
        lower = _ragged_edge(width, height)
    elif serrated:
        lower = _toothed_edge(width, height - _TOOTH_DOTS // 2)
    outline = [*upper, *reversed(lower)]
    ImageDraw.Draw(shape).polygon(outline, fill=255)
    paper = _paper(width, height)
    paper.paste(INK, (0, 0), ink)
    pad = _SHADOW_DOTS
    picture = Image.new("RGBA", (width + 2 * pad, height + 2 * pad), (60, 56, 50, 0))
    shadow = Image.new("L", picture.size, 0)
    shadow.paste(shape.point(lambda value: value * 70 // 255), (pad, pad + 2))
    picture.putalpha(shadow.filter(ImageFilter.GaussianBlur(pad / 3)))
    picture.paste(paper, (pad, pad), shape)
    return picture


def _edge(width: int, at: int) -> list[tuple[int, int]]:
    """A straight cut, as points from left to right."""
    return [(0, at), (width, at)]


def _toothed_edge(width: int, at: int) -> list[tuple[int, int]]:
    """The teeth of a tear bar."""
    half = _TOOTH_DOTS // 2
    return [(x, at + half * (x // half % 2)) for x in range(0, width + half, half)]


def _ragged_edge(width: int, at: int) -> list[tuple[int, int]]:
    """The end of a roll."""
    depths = (3, 19, 8, 27, 14, 31, 9, 22, 4, 16)
    return [(x, at - depths[x // 23 % len(depths)]) for x in range(0, width + 23, 23)]


def _paper(width: int, height: int) -> Image.Image:
    """Paper with a breath of shade at its sides, where it curls."""
    strip = Image.new("RGB", (width, 1), PAPER)
    for x in range(width):
        depth = max(0, 14 - min(x, width - 1 - x)) // 2
        strip.putpixel((x, 0), (PAPER[0] - depth, PAPER[1] - depth, PAPER[2] - depth))
    return strip.resize((width, height))


def _encoded(picture: Image.Image) -> bytes:
    stream = BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()
