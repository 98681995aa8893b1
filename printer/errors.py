"""Faults of paper: what cannot be printed, and why.

Whether a job came out of the printer is a value (`printer.spool.PrintResult`); an exception here
means that the caller cannot go on. `code` is stable and is the key under which screens find their
words. Exceptions of third-party libraries end in `printer.transports`.
"""

from typing import ClassVar


class PrinterError(Exception):
    """Something cannot be printed. `printer` is its name in the configuration, or empty."""

    code: ClassVar[str] = "printer-error"

    def __init__(self, message: str = "", *, printer: str = "") -> None:
        super().__init__(message or self.code)
        self.printer = printer


class PrinterOffline(PrinterError):
    """The printer cannot be reached, takes no data in time, or has stopped with a fault."""

    code = "printer-offline"


class NotEncodable(PrinterError):
    """The printer has no characters for `text`. Nothing was sent."""

    code = "not-encodable"

    def __init__(self, message: str = "", *, printer: str = "", text: str = "") -> None:
        super().__init__(message or f"no characters for {text!r}", printer=printer)
        self.text = text


class TextTooWide(PrinterError):
    """`text` is a figure or a number that must stay in one piece and is wider than `columns`."""

    code = "text-too-wide"

    def __init__(
        self, message: str = "", *, printer: str = "", text: str = "", columns: int = 0
    ) -> None:
        super().__init__(message or f"{text!r} needs more than {columns} columns", printer=printer)
        self.text = text
        self.columns = columns


class AmountInvalid(PrinterError):
    """An amount that cannot stand on a receipt: negative, too large, or not whole fen."""

    code = "amount-invalid"

    def __init__(self, message: str = "", *, printer: str = "", amount_fen: int = 0) -> None:
        super().__init__(message or f"{amount_fen} fen cannot be written", printer=printer)
        self.amount_fen = amount_fen


class ReceiptInvalid(PrinterError):
    """A receipt that may not be printed as it is; `rule` is the id of the broken requirement."""

    code = "receipt-invalid"

    def __init__(self, message: str = "", *, printer: str = "", rule: str = "") -> None:
        super().__init__(message, printer=printer)
        self.rule = rule


class ProfileInvalid(PrinterError):
    """A printer profile or the settings of a connection are wrong at `key`."""

    code = "profile-invalid"

    def __init__(self, message: str = "", *, printer: str = "", key: str = "") -> None:
        super().__init__(message or f"profile {printer!r}: {key}", printer=printer)
        self.key = key
