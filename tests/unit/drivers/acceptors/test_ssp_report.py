"""Setup, counters and events, read from the manual's packets and from an NV200's recorded answers.

The EUR setup was recorded from an NV200 (published in the comments of a public driver for it).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.acceptors.ssp_report import (
    NAMES_A_CHANNEL,
    EventCode,
    RawEvent,
    Setup,
    check_notes,
    parse_events,
    parse_setup,
    parse_stacked_count,
)
from drivers.errors import DeviceError, DeviceFault, FrameError

NV200_EUR = bytes.fromhex(
    "00 30 33 33 35 45 55 52 00 00 01 04 05 0A 14 32 02 02 02 02 00 00 64 06"
    "45 55 52 45 55 52 45 55 52 45 55 52 05 00 00 00 0A 00 00 00 14 00 00 00 32 00 00 00"
)
MANUAL_GBP = bytes.fromhex("00 30 31 30 30 47 42 50 00 00 01 03 05 0A 14 02 02 02 40 00 00 05")


def cny_setup(*yuan: int, multiplier: int = 100, countries: list[bytes] | None = None) -> bytes:
    countries = countries or [b"CNY"] * len(yuan)
    data = b"\x000433CNY" + bytes(3) + bytes([len(yuan)]) + bytes(2 * len(yuan))
    data += multiplier.to_bytes(3, "big") + b"\x08" + b"".join(countries)
    return data + b"".join(value.to_bytes(4, "little") for value in yuan)


def test_the_setup_of_an_nv200_names_its_notes_in_cents() -> None:
    assert parse_setup(NV200_EUR) == Setup(
        firmware="0335", country="EUR", values_fen=(500, 1000, 2000, 5000)
    )


def test_channels_count_from_one_and_others_have_no_value() -> None:
    setup = parse_setup(NV200_EUR)
    assert [setup.value_fen(n) for n in (0, 1, 4, 5, 255)] == [0, 500, 5000, 0, 0]


def test_a_channel_of_another_country_has_no_value_here() -> None:
    setup = parse_setup(cny_setup(10, 20, 50, countries=[b"CNY", b"HKD", b"CNY"]))
    assert setup.values_fen == (1000, 0, 5000)


def test_a_setup_below_version_6_is_refused_because_it_does_not_name_its_notes() -> None:
    with pytest.raises(DeviceFault) as caught:
        parse_setup(MANUAL_GBP)
    assert caught.value.status == "protocol"


@pytest.mark.parametrize("unit_type", [3, 6, 7, 13])
def test_a_hopper_or_a_payout_unit_is_refused(unit_type: int) -> None:
    with pytest.raises(DeviceFault) as caught:
        parse_setup(bytes([unit_type]) + NV200_EUR[1:])
    assert caught.value.status == "unit-type"


@pytest.mark.parametrize("length", range(len(NV200_EUR)))
def test_a_setup_that_ends_early_is_no_setup(length: int) -> None:
    with pytest.raises(FrameError):
        parse_setup(NV200_EUR[:length])


def test_text_that_is_not_ascii_is_no_setup() -> None:
    with pytest.raises(FrameError):
        parse_setup(NV200_EUR[:5] + b"\xffUR" + NV200_EUR[8:])


def test_notes_of_another_country_are_refused_in_clear_words() -> None:
    with pytest.raises(DeviceFault, match="takes EUR, this station CNY") as caught:
        check_notes(parse_setup(NV200_EUR), "CNY")
    assert caught.value.status == "EUR"


@pytest.mark.parametrize("multiplier", [1, 10, 10_000])
def test_a_wrong_multiplier_is_found_by_notes_that_do_not_exist(multiplier: int) -> None:
    setup = parse_setup(cny_setup(1, 5, 10, 20, 50, 100, multiplier=multiplier))
    with pytest.raises(DeviceFault) as caught:
        check_notes(setup, "CNY")
    assert caught.value.status == "notes"


def test_unused_channels_and_all_notes_of_the_currency_are_fine() -> None:
    check_notes(parse_setup(cny_setup(0, 1, 5, 10, 20, 50, 100)), "CNY")


def test_the_manuals_counters_say_17_notes_stacked() -> None:
    answer = "05 11 00 00 00 28 00 00 00 23 00 00 00 0A 00 00 00 10 00 00 00"
    assert parse_stacked_count(bytes.fromhex(answer)) == 17


@pytest.mark.parametrize("answer", [b"", b"\x05", b"\x05" + bytes(19), b"\x04" + bytes(20)])
def test_short_counters_are_no_counters(answer: bytes) -> None:
    with pytest.raises(FrameError):
        parse_stacked_count(answer)


def test_events_of_one_answer_come_in_order() -> None:
    events, rest = parse_events(bytes.fromhex("F1 E2 02 E8"))
    assert rest == b""
    assert events == (
        RawEvent(code=EventCode.SLAVE_RESET),
        RawEvent(code=EventCode.CLEARED_TO_CASHBOX, channel=2),
        RawEvent(code=EventCode.DISABLED),
    )


def test_nothing_behind_an_unknown_code_is_read_as_a_credit() -> None:
    events, rest = parse_events(bytes.fromhex("CC C9 01 EE 03"))
    assert [event.code for event in events] == [EventCode.STACKING]
    assert rest == bytes.fromhex("C9 01 EE 03")


def test_a_credit_without_its_channel_is_left_unread() -> None:
    assert parse_events(b"\xee") == ((), b"\xee")


@given(st.lists(st.tuples(st.sampled_from(EventCode), st.integers(0, 255))))
def test_every_event_survives_being_sent(told: list[tuple[EventCode, int]]) -> None:
    wire = b"".join(
        bytes([code, channel]) if code in NAMES_A_CHANNEL else bytes([code])
        for code, channel in told
    )
    events, rest = parse_events(wire)
    assert rest == b""
    assert [event.code for event in events] == [code for code, _ in told]
    assert [event.channel for event in events if event.code in NAMES_A_CHANNEL] == [
        channel for code, channel in told if code in NAMES_A_CHANNEL
    ]


@given(st.binary(max_size=255))
def test_hostile_answers_give_a_value_or_a_device_error(answer: bytes) -> None:
    events, rest = parse_events(answer)
    assert len(answer) == sum(1 + (e.code in NAMES_A_CHANNEL) for e in events) + len(rest)
    for parse in (parse_setup, parse_stacked_count):
        try:
            parse(answer)
        except DeviceError:
            continue
