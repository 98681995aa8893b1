"""EV2 secure messaging against the worked session of NXP AN12196 rev. 2.0, tables 14 to 28.

The chip there is an NTAG 424 DNA, whose AES messaging is that of DESFire EV2. Its files are made
here as a DESFire has them: 1 in plain, 2 and 3 enciphered.
"""

from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_crypto import Key, KeyKind
from simulators.cards.desfire_session import Ev2Session, Mode
from tests.unit.simulators.cards.desfire_host import content, creation, status, wrap

URL_FILE = b"\x00\x51\xd1\x01\x4d\x55\x04choose.url.com/ntag424?e=" + b"0" * 32 + b"&c=" + b"0" * 16


def chip(*drawn: str) -> VirtualDesfire:
    numbers = iter([bytes.fromhex(number) for number in drawn])
    card = VirtualDesfire(
        bytes.fromhex("04958CAA5C5E80"), "ev2", random=lambda _: next(numbers), storage_kb=8
    )
    card.power_on()
    assert status(card, 0xCA, bytes.fromhex("010000 0F 85")) == 0
    assert status(card, 0x5A, bytes.fromhex("010000")) == 0
    assert status(card, 0xCD, creation(1, 0, "00E0", 32)) == 0
    assert status(card, 0xCD, creation(2, 3, "00E0", 256)) == 0
    assert status(card, 0xCD, creation(3, 3, "3023", 128)) == 0
    return card


def exchange(card: VirtualDesfire, command: str, answer: str) -> None:
    assert card.transmit(bytes.fromhex(command)).hex().upper() == answer.replace(" ", "")


def test_session_a_authenticates_and_writes_enciphered() -> None:
    card = chip("B9E2FC789B64BF237CCCAA20EC7E6E48", "9D00C4DF")
    exchange(card, "9071000002000000", "A04C124213C186F22399D33AC2A30215 91AF")
    exchange(  # table 14
        card,
        "90AF000020 35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 00",
        "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663 9100",
    )
    exchange(  # table 17
        card,
        "908D00009F 02000000800000"
        "421C73A27D827658AF481FDFF20A5025B559D0E3AA21E58D347F343CFFC768BFE596C706BC00F217"
        "6781D4B0242642A0FF5A42C461AAF894D9A1284B8C76BCFA658ACD40555D362E08DB15CF421B5128"
        "3F9064BCBE20E96CAE545B407C9D651A3315B27373772E5DA2367D2064AE054AF996C6F1F669170F"
        "A88CE8C4E3A4A7BBBEF0FD971FF532C3A802AF745660F2B4 D1D9A8499661EBF3 00",
        "FC222E5F7A542452 9100",
    )
    assert content(card, 2) == URL_FILE.ljust(256, b"\0")


def test_session_b_takes_a_second_key_and_changes_keys() -> None:
    card = chip("91517975190DCEA6104948EFA3085C1B", "7614281A", "6924E8D09722659A2E7DEC68E66312B8")
    exchange(card, "9071000002030000", "B875CEB0E66A6C5CD00898DC371F92D1 91AF")
    exchange(
        card,
        "90AF000020 FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B1 00",
        "0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A 9100",
    )
    exchange(  # table 21: WriteData, enciphered
        card,
        "908D00001F 03000000 0A0000 6B5E6804909962FC4E3FF5522CF0F843 6C0C53315B9C73AA 00",
        "C26D236E4A7C046D 9100",
    )
    exchange(card, "9077000001 00 00", "A6A2B3C572D06C097BB8DB70463E22DC 91AF")
    exchange(  # table 23
        card,
        "90AF000020 BE7D45753F2CAB85F34BC60CE58B940763FE969658A532DF6D95EA2773F6E991 00",
        "B888349C24B315EAB5B589E279C8263E 9100",
    )
    exchange(  # table 24: WriteData, plain
        card, "908D000019 010E0000120000 FF0506E10500808283000000000000000000 00", "9100"
    )
    exchange(  # table 25: ChangeKey of another key
        card,
        "90C4000029 02 2CF362B7BF4311FF3BE1DAA295E8C68DE09050560D19B9E16C2393AE9CD1FAC7"
        "5D0CE20BCD1D06E6 00",
        "203BB55D1089D587 9100",
    )
    exchange(  # table 26: ChangeKey of the key in use
        card,
        "90C4000029 00 C0EB4DEEFEDDF0B513A03A95A75491818580503190D4D05053FF75668A01D6FD"
        "A6610234BDED6432 00",
        "9100",
    )
    keys = card.picc.application.keys
    assert keys[2] == Key(KeyKind.AES, bytes.fromhex("F3847D627727ED3BC9C4CC050489B966"), 1)
    assert keys[0] == Key(KeyKind.AES, bytes.fromhex("5004BF991F408672B1EF00F08F9E8647"), 1)
    assert content(card, 3)[:10] == bytes(range(1, 11))
    assert card.picc.session is None


def session(cipher: str, mac: str, transaction: str, count: int) -> Ev2Session:
    return Ev2Session(
        0,
        cipher=Key(KeyKind.AES, bytes.fromhex(cipher)),
        mac=Key(KeyKind.AES, bytes.fromhex(mac)),
        transaction=bytes.fromhex(transaction),
        count=count,
    )


def test_get_file_settings_bears_the_macs_of_table_7() -> None:
    # The encipherment key of that session is not published, nor needed.
    opened = session("00" * 16, "8248134A386E86EB7FAF54A52E536CB6", "7A21085E", 0)
    settings = bytes.fromhex("0040EEEE000100D1FE001F00004400004400002000006A0000")
    assert opened.open(0xF5, bytes.fromhex("026597A457C8CD442C"), 1, Mode.COMMAND, {1}) == b"\x02"
    answer = opened.close(settings, Mode.COMMAND)
    assert answer == settings + bytes.fromhex("2A474282E7A47986")


def test_change_file_settings_is_deciphered_as_in_table_18() -> None:
    opened = session(
        "1309C877509E5A215007FF0ED19CA564", "4C6626F5E72EA694202139295C7A7FC7", "9D00C4DF", 1
    )
    command = bytes.fromhex("02 61B6D97903566E84C3AE5274467E89EA D799B7C1A0EF7A04")
    settings = bytes.fromhex("4000E0C1F121200000430000430000")
    assert opened.open(0x5F, command, 1, Mode.FULL, {16}) == b"\x02" + settings
    assert opened.close(b"", Mode.FULL) == bytes.fromhex("57BFF87B1241E93D")


def test_get_card_uid_is_enciphered_as_in_table_28() -> None:
    opened = session(
        "2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522", 0
    )
    assert opened.open(0x51, bytes.fromhex("8E2C155ADDA99BE3"), 0, Mode.COMMAND, {0}) == b""
    answer = opened.close(bytes.fromhex("04958CAA5C5E80"), Mode.FULL)
    assert answer == bytes.fromhex("70756055688505B52A5E26E59E329CD6 595F672298EA41B7")


def test_wrap_is_the_form_the_note_uses() -> None:
    assert wrap(0x71, b"\x00\x00") == bytes.fromhex("9071000002000000")
