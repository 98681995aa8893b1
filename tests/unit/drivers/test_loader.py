"""Drivers by file name."""

import sys
import types
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.cards import CardDriver
from drivers.api.codes import CodeReaderDriver
from drivers.api.readers import ReaderDriver
from drivers.loader import DriverUnknown, load, names

KINDS = ["acceptors", "barriers", "cards", "displays", "readers"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_driver_there_is_can_be_loaded_under_its_name(kind: str) -> None:
    found = names(kind)
    assert found == sorted(found)
    for name in found:
        assert load(kind, name).name.replace("-", "_") == name


def test_files_that_are_parts_of_a_driver_are_no_drivers() -> None:
    assert "mifare_classic" in names("cards")
    assert {"mad", "opening", "mifare_classic_access"}.isdisjoint(names("cards"))
    assert names("readers") == ["osdp", "pcsc", "wiegand"]
    assert names("displays") == ["bx5k"]


def test_listing_imports_nothing() -> None:
    sys.modules.pop("drivers.readers.pcsc", None)
    names("readers")
    assert "drivers.readers.pcsc" not in sys.modules


def test_the_types_are_those_of_the_kind() -> None:
    assert isinstance(load("cards", "mifare_classic"), CardDriver)
    assert isinstance(load("readers", "pcsc"), ReaderDriver)
    assert isinstance(load("readers", "wiegand"), CodeReaderDriver)


@pytest.mark.parametrize("name", ["nothing", "", "Mifare", "../pcsc", "pcsc.py", "mad", "os.path"])
def test_an_unknown_name_is_answered_with_those_there_are(name: str) -> None:
    with pytest.raises(DriverUnknown, match="mifare_classic") as unknown:
        load("cards", name)
    assert "mifare_classic" in unknown.value.available


def test_an_unknown_kind_is_answered_with_those_there_are() -> None:
    with pytest.raises(DriverUnknown, match="readers"):
        names("printers")
    with pytest.raises(DriverUnknown, match="readers"):
        load("printers", "pcsc")
    with pytest.raises(DriverUnknown, match="readers"):
        load("printers", "drivers.readers.pcsc")


def test_a_driver_of_another_kind_is_refused() -> None:
    with pytest.raises(DriverUnknown, match="no driver for cards"):
        load("cards", "drivers.readers.pcsc")


def test_a_driver_elsewhere_is_named_by_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = types.ModuleType("elsewhere_reader.thing")
    driver = replace(load("readers", "pcsc"), name="thing")
    monkeypatch.setattr(elsewhere, "DRIVER", driver, raising=False)
    monkeypatch.setitem(sys.modules, "elsewhere_reader", types.ModuleType("elsewhere_reader"))
    monkeypatch.setitem(sys.modules, "elsewhere_reader.thing", elsewhere)
    assert load("readers", "elsewhere_reader.thing").name == "thing"


def test_a_driver_whose_library_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "drivers.readers.pcsc", raising=False)
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(DriverUnknown, match="smartcard"):
        load("readers", "pcsc")


@given(st.text(max_size=20))
def test_any_name_is_loaded_or_unknown(name: str) -> None:
    try:
        load("cards", name)
    except DriverUnknown:
        return
    assert name in names("cards")
