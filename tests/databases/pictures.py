"""Pictures of papers as phones and scanners make them, and pictures that are none."""

import io
import random

from PIL import Image
from PIL.PngImagePlugin import PngInfo

WHERE = b"GPS 31.2304N 121.4737E"
"""What rides along with a picture and is not to be kept."""


def _noise(side: int) -> Image.Image:
    """Something that doesn't shrink when it is packed."""
    return Image.frombytes("RGB", (side, side), random.Random(7).randbytes(3 * side * side))


def jpeg(side: int = 24, *, progressive: bool = False) -> bytes:
    """A photograph with a place and a remark in it."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = WHERE.decode()
    _noise(side).save(out, "JPEG", quality=90, progressive=progressive, exif=exif, comment=WHERE)
    return out.getvalue()


def png(side: int = 24) -> bytes:
    """A picture of a screen, with words in it."""
    out, words = io.BytesIO(), PngInfo()
    words.add_text("Where", WHERE.decode())
    _noise(side).save(out, "PNG", pnginfo=words)
    return out.getvalue()


def pdf(side: int = 24) -> bytes:
    """A scanned page."""
    out = io.BytesIO()
    _noise(side).save(out, "PDF")
    return out.getvalue()
