"""Every figure can be measured and is written as one JSON object; what they are is not judged here.

But for the exchanges with a card, which are counted and not timed: a tap has a limit, and no figure
is below what the protocol needs.
"""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks import gates, kiosks
from benchmarks.__main__ import MEASURES, main, measured
from benchmarks.cards import KINDS, LEAST, life
from benchmarks.measure import QUICK, Effort, Figure, cpu_s, wall_s

DOCUMENT = Path(__file__).parents[3] / "docs" / "benchmarks.md"
KEYS = ["name", "value", "unit", "baseline", "ratio"]
pytestmark = pytest.mark.apart

PCSCD = [pytest.mark.pcscd, pytest.mark.together("pcscd")]
ON_PCSCD = {"apdu.cpu", "kiosk.boot"}
IN_A_BROWSER = {"kiosk.touch"}
EXCHANGES = pytest.mark.together("exchanges")
"""They are counted for all kinds of card at once, and remembered."""


def _marks(name: str) -> list[pytest.MarkDecorator]:
    if name in ON_PCSCD:
        return PCSCD
    return [EXCHANGES] if name.endswith(".exchanges") else []


NAMES = [pytest.param(name, marks=_marks(name)) for name in MEASURES if name not in IN_A_BROWSER]
ALL_KINDS = [(family, kind) for family, kinds in KINDS.items() for kind in kinds]


def test_every_figure_stands_in_the_table_of_figures() -> None:
    table = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "|" in line]
    named = " ".join(line.split("|")[1] for line in table)
    assert [name for name in MEASURES if f"`{name}`" not in named] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_measured_and_written_on_one_line(name: str) -> None:
    (figure,) = measured(name, QUICK, {name: MEASURES[name]})
    if figure.value is None and name in ON_PCSCD:
        pytest.skip(figure.note)
    check_line(name, figure.line())


@pytest.mark.browser
@pytest.mark.together("browser, looking")
@pytest.mark.parametrize("name", sorted(IN_A_BROWSER))
def test_a_figure_is_measured_in_a_browser(
    name: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the one that is open: Playwright can be started once in a process."""
    monkeypatch.setattr(kiosks, "open_chromium", lambda: nullcontext(browser))
    (figure,) = measured(name, QUICK)
    for window in browser.contexts:
        window.close()
    check_line(name, figure.line())


def check_line(name: str, line: str) -> None:
    assert "\n" not in line
    written = json.loads(line)
    assert list(written) == KEYS
    assert written["name"] == name
    assert written["value"] > 0
    assert written["unit"]
    if written["baseline"] is None:
        assert written["ratio"] is None
    else:
        quotient = written["value"] / written["baseline"]
        assert written["ratio"] == pytest.approx(quotient, rel=2e-3)


@EXCHANGES
@pytest.mark.parametrize(("family", "kind"), ALL_KINDS)
def test_a_tap_takes_six_exchanges_at_most(family: str, kind: str) -> None:
    assert life(kind)["tap.door"] <= 6
    assert life(kind)["tap.carpark"] <= 6


@EXCHANGES
@pytest.mark.parametrize(("family", "kind"), ALL_KINDS)
def test_nothing_is_done_in_less_than_the_protocol_needs(family: str, kind: str) -> None:
    for action, least in LEAST[family].items():
        assert life(kind)[action] >= least, action


def test_only_what_was_asked_for_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receipt.", "--quick"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["receipt.bytes", "receipt.encode"]


def test_a_name_that_does_not_exist_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["no-such-figure"])
    assert end.value.code == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert "tap.door.classic.exchanges" in printed.err


def test_a_measurement_that_fails_leaves_the_others_alone() -> None:
    def broken(effort: Effort) -> Figure:
        raise OSError("no disk")

    def sound(effort: Effort) -> Figure:
        return Figure(name="b", value=2, unit="s", baseline=4)

    first, second = measured("", QUICK, {"a": broken, "b": sound})
    assert json.loads(first.line()) == {
        "name": "a", "value": None, "unit": "", "baseline": None, "ratio": None,
        "note": "OSError: no disk",
    }  # fmt: skip
    assert second.ratio == 0.5


def test_a_lane_that_breaks_off_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(*_: object) -> None:
        raise RuntimeError("no journal")

    monkeypatch.setattr(gates, "settle", breaks_off)
    [figure] = measured("gate.rate.8", QUICK)
    assert (figure.value, figure.note) == (None, "RuntimeError: no journal")


def test_times_are_medians_of_calls_that_take_turns() -> None:
    turns: list[str] = []
    effort = Effort(repeats=3, repeat_s=0.0, starts=3, crowd=1)
    times = cpu_s([lambda: turns.append("a"), lambda: turns.append("b")], effort)
    assert len(times) == 2
    assert turns[-6:] == ["a", "b"] * 3


def test_tidying_up_is_not_timed_and_the_first_start_is_a_warm_up() -> None:
    done: list[int] = []
    effort = Effort(repeats=1, repeat_s=0.0, starts=2, crowd=1)
    assert len(wall_s([lambda: len(done), lambda: -1], effort, after=done.append)) == 2
    assert done == [0, -1, 2, -1, 4, -1]


def test_one_start_is_enough_to_see_that_it_works() -> None:
    done: list[int] = []
    assert wall_s([lambda: len(done)], QUICK, after=done.append)[0] >= 0
    assert done == [0]


@pytest.mark.parametrize(
    ("value", "written"),
    [(6.0, 6), (123.456, 123.5), (30_123.4, 30120.0), (0.000123456, 0.0001235)],
)
def test_a_number_is_written_with_four_digits_that_count(value: float, written: float) -> None:
    assert json.loads(Figure(name="a", value=value, unit="s").line())["value"] == written
