"""The command stream, judged by the formats in Epson's command reference, and by any bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.paper_commands import CommandStream, Token


def tokens(data: bytes) -> list[Token]:
    return list(CommandStream().feed(data))


@pytest.mark.parametrize(
    "command",
    [
        "1b40",
        "1b6101",
        "1b4500",
        "1b700019fa",
        "1b2402 01",
        "1b440810182000",
        "1b2a210200 ffffff ffffff",
        "1b2a000200 ffff",
        "1b26032121 02 aabbcc ddeeff",
        "1c26",
        "1c21 0c",
        "1c53 0000",
        "1c71 01 0100 0100" + "00" * 8,
        "1d2111",
        "1d5600",
        "1d564200",
        "1d7201",
        "1d28480600303030303432",
        "1d286b0600315030 435a37",
        "1d384c 04000000 30700000",
        "1d763000 0200 0300" + "ff" * 6,
        "1d6b04 313233 00",
        "1d6b49 03 7b4131",
        "1d2a0101" + "00" * 8,
        "100401",
        "10 04 07 01",
        "100502",
        "1014 010001",
        "1014 0801031401060208",
    ],
)
def test_a_command_takes_its_parameters_and_no_more(command: str) -> None:
    data = bytes.fromhex(command)
    [found, text] = tokens(data + b"A")
    assert (found.head + found.body, found.size) == (data, len(data))
    assert text == Token(b"", b"A", 1)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_it_does_not_matter_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    stream = CommandStream()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [token for begin, end in pairwise(places) for token in stream.feed(data[begin:end])]
    assert _joined(found) == _joined(tokens(data))


@given(st.lists(st.sampled_from(b"\x10\x1b\x1c\x1d()*&k8LvVqDA\x00\x01\xff\x30"), max_size=40))
def test_no_bytes_are_lost_or_doubled(pieces: list[int]) -> None:
    data = bytes(pieces)
    found = tokens(data)
    assert sum(token.size for token in found) <= len(data)
    assert data.startswith(b"".join(token.head + token.body for token in found))


def test_a_command_with_more_data_than_any_printer_holds_swallows_it_unstored() -> None:
    stream = CommandStream()
    [head] = stream.feed(b"\x1dv0\x00\xff\xff\xff\xff")
    assert (head.head, head.body) == (b"\x1dv", b"")
    for _ in range(100):
        assert list(stream.feed(b"A" * 1000)) == []


def test_unknown_commands_lose_their_two_bytes() -> None:
    assert [token.body for token in tokens(b"\x1bzA\x1dzB") if not token.head] == [b"A", b"B"]


def test_a_prefix_before_a_prefix_is_dropped() -> None:
    assert tokens(b"\x1b\x1b@") == [Token(b"\x1b", b"", 1), Token(b"\x1b@", b"", 2)]


def _joined(found: list[Token]) -> list[tuple[bytes, bytes]]:
    """Heads and bodies, with neighbouring pieces of text put together."""
    joined: list[tuple[bytes, bytes]] = []
    for token in found:
        if not token.head and joined and not joined[-1][0]:
            joined[-1] = (b"", joined[-1][1] + token.body)
        else:
            joined.append((token.head, token.body))
    return joined
