"""Words on printed papers: one table, complete, and nowhere else a second spelling."""

import ast
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

import kiosk
from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.document import DocumentKind
from cardserver.domain.operation import OperationKind
from cardserver.domain.receiptbook import BookKind
from cardserver.domain.register import AbnormalReason, Correctable, RegisterKind
from cardserver.domain.review import Business, Decision, Leaving
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.signature import Signer
from cardserver.domain.tariff import ChargeItem
from cardserver.domain.verification import Paper, VerificationMethod
from kiosk.desk.register import REMARKS
from kiosk.station import printed


@pytest.mark.parametrize(
    ("words", "things"),
    [
        (printed.CLASSES, HolderClass),
        (printed.RIGHTS, RightKind),
        (printed.ITEMS, ChargeItem),
        (printed.DOCUMENTS, DocumentKind),
        (printed.BOOKS, BookKind),
        (printed.REGISTER_KINDS, RegisterKind),
        (printed.BUSINESS, Business),
        (printed.DECISIONS, Decision),
        (printed.ABNORMAL, AbnormalReason),
        (printed.LISTED_FOR, Leaving),
        (printed.REASONS, Finding),
        (printed.REASONS, ReportKind),
        (printed.REASONS, OperationKind),
        (printed.REASONS, REMARKS),
        (printed.REPORTERS, Reporter),
        (printed.METHODS, VerificationMethod),
        (printed.PAPERS_SEEN, Paper),
        (printed.SIGNERS, Signer),
        (printed.AMENDED, Correctable),
    ],
)
def test_everything_that_is_printed_has_its_chinese_word(
    words: Mapping[StrEnum | str, str], things: Collection[str]
) -> None:
    assert set(things) <= set(words)


def _words(found: object) -> Iterator[str]:
    if isinstance(found, Mapping):
        yield from (word for word in found.values() if word)
    elif isinstance(found, str) and not found.isascii():
        yield found


def test_a_printed_word_is_spelled_in_one_place_only() -> None:
    table = Path(printed.__file__)
    known = {
        word for name in vars(printed) if name.isupper() for word in _words(vars(printed)[name])
    }
    elsewhere = {
        f"{path.name}: {node.value}"
        for path in table.parents[1].rglob("*.py")
        if path != table
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in known
    }
    assert Path(kiosk.__path__[0]) == table.parents[1]
    assert len(known) > len(RegisterKind)
    assert not elsewhere
