"""Amounts as providers write them: WeChat in whole fen, Alipay and every bill in yuan."""

import re
from typing import Final

from cardserver.domain.money import MAX_FEN

_YUAN: Final = re.compile(r"(-?)(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)


def fen_of_yuan(text: str) -> int:
    """The fen of ``12``, ``12.5``, ``12.50`` or ``-12.50``. Raises ValueError for anything else.

    No amount passes through a binary fraction, and none beyond `MAX_FEN` is believed.
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise ValueError(f"not an amount in yuan: {text[:20]!r}")
    sign, yuan, cents = match.groups()
    fen = int(yuan) * 100 + int((cents or "").ljust(2, "0"))
    if fen > MAX_FEN:
        raise ValueError(f"more than any amount here: {text[:20]!r}")
    return -fen if sign else fen
