"""The virtual Wiegand reader against messages printed in makers' manuals."""

import pytest

from simulators.wiegand import Trouble, VirtualWiegand

# Civintec CN56 6.4.2 and 6.4.5; jessety/wiegand-encoder's example (facility 90, card 324).
PRINTED = [
    ("D41B81", "11101010000011011100000010"),
    ("89D41B81", "1100010011101010000011011100000011"),
    ("5A0144", "00101101000000001010001000"),
]


@pytest.mark.parametrize(("identifier", "message"), PRINTED)
def test_the_printed_messages(identifier: str, message: str) -> None:
    reader, sent = VirtualWiegand(), bytearray()
    reader.plug(sent.extend)
    reader.hold(bytes.fromhex(identifier))
    assert sent == message.encode() + b"\r\n"


def test_the_converter_that_checks_itself_sends_hexadecimal_digits() -> None:
    reader, sent = VirtualWiegand(form="hex"), bytearray()
    reader.plug(sent.extend)
    reader.hold(bytes.fromhex("D41B81"))
    assert sent == b"D41B81\r\n"


def test_keys_are_four_bits_each() -> None:
    reader, sent = VirtualWiegand(), bytearray()
    reader.plug(sent.extend)
    reader.press("9#")
    assert sent == b"1001\r\n1011\r\n"
    with pytest.raises(KeyError):
        reader.press("A")


@pytest.mark.parametrize("trouble", Trouble)
def test_a_trouble_hits_one_message(trouble: Trouble) -> None:
    reader, sent = VirtualWiegand(trouble=trouble), bytearray()
    reader.plug(sent.extend)
    reader.hold(bytes.fromhex("D41B81"))
    assert sent != PRINTED[0][1].encode() + b"\r\n"
    sent.clear()
    reader.hold(bytes.fromhex("D41B81"))
    assert sent == PRINTED[0][1].encode() + b"\r\n"


def test_what_was_read_while_the_line_was_cut_is_sent_when_it_is_back() -> None:
    reader, sent = VirtualWiegand(), bytearray()
    reader.hold(bytes.fromhex("D41B81"))
    reader.plug(sent.extend)
    assert len(sent) == 28
    reader.unplug()
    reader.hold(bytes.fromhex("D41B81"))
    assert len(sent) == 28
