"""A printer for every test."""

import pytest

from tests.unit.printer.printer_desk import Desk


@pytest.fixture
def desk() -> Desk:
    """A desk with an 80 mm Epson for China."""
    return Desk()
