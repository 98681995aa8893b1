"""`yika sim <device>`: a stranger's way to one device."""

from pathlib import Path

from click.testing import CliRunner

from simulators.cli import sim


def run(*words: str, typed: str = "") -> str:
    result = CliRunner().invoke(sim, list(words), input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_an_acceptor_says_where_it_is_and_gives_back_a_note_nobody_enabled():
    said = run("acceptor", "--tcp", "0", typed="note 10\nview\n")
    assert said.startswith("socket://127.0.0.1:")
    assert "returned_fen=(1000,)" in said


def test_an_acceptor_can_speak_the_other_protocol():
    typed = "note 10\nbox-out\nview\nbox-in\nview\n"
    said = run("acceptor", "--protocol", "id003", "--tcp", "0", typed=typed)
    assert "returned_fen=(1000,)" in said, "not awake yet"
    assert "cashbox_in=False" in said
    assert "cashbox_in=True" in said


def test_a_word_nobody_knows_is_answered_with_the_words_there_are():
    assert "note, foreign" in run("acceptor", "--tcp", "0", typed="dance\n")


def test_an_amount_that_is_none_is_answered_and_the_device_stays():
    assert "view" not in run("acceptor", "--tcp", "0", typed="note ten\nview\n").splitlines()[0]


def test_a_printer_leaves_its_sheets_in_the_folder(tmp_path):
    run("printer", "--tcp", "0", "--sheets", str(tmp_path / "out"), typed="sheets\n")
    assert (tmp_path / "out").is_dir()


def test_a_barrier_tells_its_arm_and_its_openings():
    assert "openings: 0" in run("barrier", typed="car on\nview\ncar off\n")


def test_a_barriers_contacts_are_switched_by_words():
    said = run("barrier", typed="fire on\nexit maybe\nview\nfire off\ntamper on\nloop-stuck on\n")
    assert "say on or off" in said
    assert "lamps: none" in said


def test_a_door_stays_shut_until_its_strike_lets_go():
    said = run("barrier", "--door", typed="push\nexit on\npush\nshut\nforce\nview\n")
    assert [line for line in said.splitlines() if line in {"open", "shut"}] == ["shut", "open"]
    assert "open: 1.00" in said


def test_a_wiegand_reader_takes_cards_keys_and_troubles():
    said = run("wiegand", typed="trouble lost-pulse\nhold 89D41B81\npress 9#\nhold xyz\n")
    assert said.startswith("/dev/")
    assert "hold can't be that: xyz" in said


def test_what_a_device_cannot_be_told_is_said_and_it_goes_on() -> None:
    said = run("wiegand", typed="press hello\ntrouble none\nhold 89D41B81\n")
    assert "press can't be that: hello" in said
    assert "trouble can't be that: none" in said
    assert "note can't be that: ²" in run("acceptor", typed="note ²\nnote 10\n")


def test_a_key_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "reader.key"
    for content in (b"\xff\xfe", b"abcd", b""):
        path.write_bytes(content)
        said = CliRunner().invoke(sim, ["osdp", "--key-file", str(path)])
        assert said.exit_code == 1
        assert f"{path} does not hold 32 hex digits" in said.output


def test_an_osdp_reader_makes_its_key_once(tmp_path):
    file = tmp_path / "reader.key"
    for _ in range(2):
        said = run("osdp", "--key-file", str(file), typed="hold 89D41B81\ncut\nmend\nview\n")
        assert "secure: False" in said
        key = file.read_text()
        assert len(bytes.fromhex(key)) == 16
        assert key.strip() not in said


def test_a_display_says_what_stands_on_it():
    assert "nothing" in run("display", typed="view\nmute on\n")
