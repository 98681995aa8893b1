"""Papers that the desk and the kiosk owe for money: numbered without holes (FEE-23, FEE-32).

A paper is *owed* from the moment the money is settled until a printer proved that it came out.
"""

from enum import StrEnum, unique
from typing import Final


@unique
class DocumentKind(StrEnum):
    """Kinds never mix (FEE-10): card cost takes a formal receipt, parking money a top-up slip."""

    FORMAL_RECEIPT = "formal-receipt"  # 公司正式收据
    TOP_UP_SLIP = "top-up-slip"  # 充值凭条, exchanged for quota invoices at the desk (PARK-07a)


@unique
class PrintResult(StrEnum):
    """What is known after a print job."""

    PRINTED = "printed"
    NOT_PRINTED = "not-printed"
    UNKNOWN = "unknown"


@unique
class DocumentState(StrEnum):
    """Where a paper stands."""

    OWED = "owed"
    PRINTED = "printed"
    NOT_PRINTED = "not-printed"
    UNKNOWN = "unknown"


STATE_AFTER: Final = {
    PrintResult.PRINTED: DocumentState.PRINTED,
    PrintResult.NOT_PRINTED: DocumentState.NOT_PRINTED,
    PrintResult.UNKNOWN: DocumentState.UNKNOWN,
}
OWING: Final = frozenset({DocumentState.OWED, DocumentState.NOT_PRINTED, DocumentState.UNKNOWN})
"""States in which somebody still waits for the paper."""

MAY_EXIST: Final = frozenset({DocumentState.PRINTED, DocumentState.UNKNOWN})
"""States in which a paper may be in the world, so that another one must say 补打 (FEE-24a)."""
