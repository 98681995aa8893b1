"""An amount of money in figures and in Chinese capitals (FEE-22).

Amounts are whole fen. The capitals follow the rules of the People's Bank of China for filling in
notes and settlement vouchers (支付结算办法, annex 1): 整 after yuan, none after jiao or fen; 零
for a gap between digits, once; 零 after yuan when the jiao is nought and the fen is not. Where the
rules leave a 零 free (before a full group of four digits or before jiao, when the digit just
before is nought) it is left out.
"""

from typing import Final

from printer.errors import AmountInvalid

LIMIT_FEN: Final = 10**14  # below one trillion yuan: 玖仟玖佰玖拾玖亿 and what follows it

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")
_SECTIONS: Final = ("亿", "万", "元")


def figures(fen: int) -> str:
    """The amount in yuan with two decimals: 140950 is ``1409.50``.

    Raises:
        AmountInvalid: negative, 10**14 fen or more, or not an int.
    """
    _check(fen)
    return f"{fen // 100}.{fen % 100:02d}"


def capitals(fen: int) -> str:
    """The amount in Chinese capitals, without the prefix 人民币: 140950 is 壹仟肆佰零玖元伍角.

    Raises:
        AmountInvalid: negative, 10**14 fen or more, or not an int.
    """
    _check(fen)
    yuan, jiao, small = fen // 100, fen // 10 % 10, fen % 10
    whole = _yuan(yuan)
    if not jiao and not small:
        return f"{whole or '零元'}整"
    if not jiao:
        return f"{whole}{'零' if whole else ''}{_DIGITS[small]}分"
    return f"{whole}{_DIGITS[jiao]}角" + (f"{_DIGITS[small]}分" if small else "")


def _yuan(yuan: int) -> str:
    """Whole yuan, with 元 at the end; empty for nought."""
    if not yuan:
        return ""
    words = ""
    gap = False  # a nought stands between what is written and what follows
    for name, divisor in zip(_SECTIONS, (10**8, 10**4, 1), strict=True):
        section = yuan // divisor % 10**4
        for place, digit in zip(_PLACES, f"{section:04d}", strict=True):
            if digit == "0":
                gap = bool(words)
                continue
            words += ("零" if gap else "") + _DIGITS[int(digit)] + place
            gap = False
        if section:
            words += name if name != "元" else ""
            gap = False
    return f"{words}元"


def _check(fen: int) -> None:
    if type(fen) is not int or not 0 <= fen < LIMIT_FEN:
        raise AmountInvalid(f"{fen!r} fen cannot be written", amount_fen=fen)
