"""What a simulated receipt printer has, and how its characters look at the moment."""

from dataclasses import dataclass
from typing import Final

LINE_DOTS: Final = 30  # default line spacing


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterModel:
    """A kind of printer. The defaults are an Epson for China with 80 mm paper."""

    dots: int = 576
    cutter: bool = True
    process_id: bool = True  # GS ( H
    real_time: bool = True  # DLE EOT
    four_byte: bool = True  # the hanzi of Extension A
    chinese_at_power_on: bool = False
    hanzi_follow_gs: bool = True  # GS ! scales hanzi
    qr: bool = True  # GS ( k


PAPER_80: Final = PrinterModel()
TM_T88: Final = PrinterModel(dots=512)  # 180 dpi: 42 columns on 80 mm paper
PAPER_58: Final = PrinterModel(dots=384, cutter=False)
CLONE_80: Final = PrinterModel(process_id=False, four_byte=False, hanzi_follow_gs=False)
CLONE_58: Final = PrinterModel(
    dots=384, cutter=False, process_id=False, real_time=False, four_byte=False, qr=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How characters are printed now; `ascii_*` and `hanzi_*` are scales of 1 to 8, all in dots."""

    ascii_wide: int = 1
    ascii_tall: int = 1
    hanzi_wide: int = 1
    hanzi_tall: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False
    align: int = 0  # 0 left, 1 centre, 2 right
    spacing: int = LINE_DOTS
    left: int = 0
    area: int = 0  # width of the printing area
