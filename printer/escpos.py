"""A receipt as ESC/POS bytes: the commands of Epson's reference that clones share.

    ESC @ . FS & . [GS W] . [ESC p] . { line | QR | ESC J } . cut . [proof]
    line = [ESC a] [GS !] [FS !] [ESC E] text LF

Text is GB18030 in Chinese mode, from `printer.layout`, where no control character is left; so the
only bytes below 20h in a job are the ones written here. Sizes go by GS !, which scales hanzi and
ASCII on Epson printers, and by FS ! beside it where the profile says so. ESC a, QR and the cut are
only sent at the beginning of a line, where alone they work. The cut is the kind that first feeds
the last line past the blade (GS V 65/66).
"""

from functools import lru_cache
from typing import Final, assert_never

from printer.errors import ReceiptInvalid
from printer.layout import PaperCut, PaperGap, PaperItem, PaperLine, PaperQr, lay_out
from printer.profile import CutKind, Drawer, Profile, Proof, Scale
from printer.receipt import CENTRED, PLAIN, Align, Receipt, Style

INITIALISE: Final = b"\x1b@"
CHINESE_MODE: Final = b"\x1c&"
RECOVER_AND_CLEAR: Final = b"\x10\x05\x02"  # DLE ENQ 2, real time
PROCESS_ID: Final = b"\x1d(H\x06\x0000"  # followed by four bytes 20h to 7Eh
SENSOR_IN_ORDER: Final = b"\x1dr\x01"
ID_LENGTH: Final = 4

_ALIGN: Final = {Align.LEFT: "\x1ba\x00", Align.CENTRE: "\x1ba\x01", Align.RIGHT: "\x1ba\x02"}
_CUT: Final = {CutKind.FULL: "\x1dVA\x00", CutKind.PARTIAL: "\x1dVB\x00"}
_DRAWER: Final = {Drawer.PIN_2: b"\x1bp\x00\x19\xfa", Drawer.PIN_5: b"\x1bp\x01\x19\xfa"}  # 50 ms

# Bytes that QR versions 1 to 20 hold at level M (ISO/IEC 18004, table 7).
_QR_CAPACITY: Final = (
    *(14, 26, 42, 62, 84, 106, 122, 152, 180, 213),
    *(251, 287, 331, 362, 412, 450, 504, 560, 624, 666),
)
_COLUMN_DOTS: Final = 12
_LONGEST_COMMAND: Final = 8 + _QR_CAPACITY[-1]  # bytes: the QR code's data and its header
_QUIET_MODULES: Final = 8  # four on either side; the printer leaves none
_SMALLEST_MODULE: Final = 3  # dots; smaller ones are hard to read from thermal paper


def encode(receipt: Receipt, profile: Profile) -> bytes:
    """The whole job for `receipt`, cut included, without the request for proof.

    Raises:
        PrinterError: the receipt cannot be laid out on this printer (see `layout.lay_out`).
    """
    return render(lay_out(receipt, profile), profile, open_drawer=receipt.open_drawer)


def render(items: list[PaperItem], profile: Profile, *, open_drawer: bool = False) -> bytes:
    """The job for lines that are laid out.

    Raises:
        ReceiptInvalid: a QR code is too large for the paper.
    """
    parts = [INITIALISE, CHINESE_MODE if profile.chinese_mode else b"", _area(profile)]
    if open_drawer:
        parts.append(_DRAWER.get(profile.drawer, b""))
    run: list[str] = []  # text and commands of ASCII characters, coded in one go
    style = PLAIN
    for item in items:
        match item:
            case PaperLine():
                if item.style is not style:
                    run.append(_restyle(style, item.style, profile.scale))
                    style = item.style
                run.append(item.text)
                run.append("\n")
            case PaperQr():
                run.append(_restyle(style, CENTRED, profile.scale))
                style = CENTRED
                parts += ("".join(run).encode("gb18030"), _qr(item.text, profile))
                run.clear()
            case PaperGap():
                run.append("\x1bJ" + chr(item.dots))
            case PaperCut():
                run.append(_cut(profile))
            case _:
                assert_never(item)
    if not items or not isinstance(items[-1], PaperCut):
        run.append(_cut(profile))
    parts.append("".join(run).encode("gb18030"))
    return b"".join(parts)


def proof_request(profile: Profile, job_id: bytes) -> bytes:
    """What to send after a job so that the printer proves it (empty if it cannot).

    Raises:
        ReceiptInvalid: `job_id` is not four bytes of 20h to 7Eh.
    """
    match profile.proof:
        case Proof.PROCESS_ID:
            if len(job_id) != ID_LENGTH or not (job_id.isascii() and job_id.decode().isprintable()):
                raise ReceiptInvalid(f"{job_id!r} is no process id", rule="process-id")
            return PROCESS_ID + job_id
        case Proof.IN_ORDER:
            return SENSOR_IN_ORDER
        case Proof.NONE:
            return b""


def unblock() -> bytes:
    """What makes a printer listen again after a job that broke off anywhere; it prints nothing.

    NUL bytes end a command that was cut in half, DLE ENQ 2 drops what is buffered behind an error,
    ESC @ drops the unfinished line.
    """
    return bytes(_LONGEST_COMMAND) + RECOVER_AND_CLEAR + INITIALISE


def void_strip(profile: Profile) -> bytes:
    """Marks what may hang out of the printer as void and cuts it, to go before the next job.

    So the upper half of a receipt cannot pass for one (FEE-32). Where nothing hangs out it is a
    small sheet of its own, so it is read from where the clerk stands.
    """
    lines = (PaperLine("※ 作 废 ※", _VOID), PaperLine("以上未完内容作废", _VOID_OF))
    return render([*lines, PaperCut()], profile)


_VOID: Final = Style(align=Align.CENTRE, width=2, height=2, bold=True)
_VOID_OF: Final = Style(align=Align.CENTRE, height=2)


@lru_cache(maxsize=256)
def _restyle(before: Style, after: Style, scale: Scale) -> str:
    """The commands that turn one style into another, at the beginning of a line."""
    parts: list[str] = []
    if before.align is not after.align:
        parts.append(_ALIGN[after.align])
    if (before.width, before.height) != (after.width, after.height):
        parts.append("\x1d!" + chr((after.width - 1) << 4 | (after.height - 1)))
        if scale is Scale.FS:
            parts.append("\x1c!" + chr((after.width > 1) << 2 | (after.height > 1) << 3))
    if before.bold is not after.bold:
        parts.append("\x1bE" + chr(after.bold))
    return "".join(parts)


def _area(profile: Profile) -> bytes:
    """GS W where the head has dots beyond the last column, so that right means the same for all."""
    used = profile.columns * _COLUMN_DOTS
    return b"\x1dW" + used.to_bytes(2, "little") if used < profile.dots else b""


def _cut(profile: Profile) -> str:
    if profile.cut is CutKind.NONE:
        return "\x1bd" + chr(profile.tear_lines)
    return _CUT[profile.cut]


@lru_cache(maxsize=256)
def _qr(text: str, profile: Profile) -> bytes:
    """GS ( k functions 165, 167, 169, 180 and 181: model 2, module size, level M, store, print."""
    data = text.encode()
    version = next((n for n, room in enumerate(_QR_CAPACITY, 1) if len(data) <= room), 0)
    modules = 17 + 4 * version + _QUIET_MODULES
    module_dots = min(profile.qr_module_dots, profile.columns * _COLUMN_DOTS // modules)
    if not version or module_dots < _SMALLEST_MODULE:
        raise ReceiptInvalid(f"{len(data)} bytes do not fit into a QR code here", rule="qr")
    return b"".join(
        (
            b"\x1d(k\x04\x001A2\x00",
            b"\x1d(k\x03\x001C" + bytes((module_dots,)),
            b"\x1d(k\x03\x001E1",
            b"\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data,
            b"\x1d(k\x03\x001Q0",
        )
    )
