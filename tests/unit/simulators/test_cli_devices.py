"""`yika sim printer|acceptor|barrier`: a stranger's way to one device."""

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
