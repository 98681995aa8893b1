"""`yika card info` over the real PC/SC daemon: every kind of card is named, none is touched."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from drivers.readers.pcsc import PcscReader
from kiosk import cli
from simulators.cards.catalogue import make
from simulators.pcscd import Pcscd
from simulators.vpcd import FIRST_PORT, attach

pytestmark = [pytest.mark.pcscd, pytest.mark.together("pcscd")]

FIRST = "Virtual PCD 00 00"
SOON_S = 15.0
CARDS = (
    ("classic-1k", "5F1A2B3C", "MIFARE Classic 1K", True),
    ("desfire-ev3", "04A1B2C3D4E5F6", "MIFARE DESFire EV3", True),
    ("ntag215", "04A1B2C3D4E5F7", "NTAG215", False),
    ("bank-card", "5F1A2B3D", "bank card", False),
)


@pytest.fixture
def slot(pcscd: Pcscd) -> Iterator[PcscReader]:
    assert pcscd.slots
    reader = PcscReader(FIRST)
    yield reader
    reader.close()


@pytest.mark.parametrize(("kind", "uid", "name", "supported"), CARDS, ids=[c[0] for c in CARDS])
def test_a_card_on_the_reader_is_named_and_left_as_it_is(
    slot: PcscReader, kind: str, uid: str, name: str, *, supported: bool
) -> None:
    card = make(kind, bytes.fromhex(uid))
    memory = card.dump()
    laid = attach(card, FIRST_PORT)
    try:
        said = CliRunner().invoke(cli.main, ["card", "info", "--reader", FIRST, "--json"])
    finally:
        laid.remove()
        assert slot.wait_removed(SOON_S)
    assert said.exit_code == 0, said.output
    facts = json.loads(said.stdout)
    assert facts["card"].startswith(name)
    assert (facts["uid"].upper(), facts["supported"]) == (uid, supported)
    assert card.dump() == memory


def test_a_reader_that_is_not_there_is_named_in_one_sentence(pcscd: Pcscd) -> None:
    assert pcscd.slots
    said = CliRunner().invoke(cli.main, ["card", "info", "--reader", "Elsewhere"])
    assert said.exit_code == 1
    assert "Elsewhere" in said.output
    assert "Traceback" not in said.output
