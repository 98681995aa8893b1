"""A printer is one TOML file, and a wrong one says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printer.charset import Charset, Rare
from printer.errors import ProfileInvalid
from printer.profile import Proof, load_profile, parse_profile, profile_names

GOOD = """
title = "A printer"
columns = 48
dots = 576
charset = "gbk"
cut = "partial"
proof = "in-order"
status = true
qr = "native"
"""


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_comes_along_loads(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.columns * 12 <= profile.dots < profile.columns * 12 + 24


def test_the_generic_widths_and_an_epson_are_there() -> None:
    assert load_profile("generic-58").columns == 32
    assert load_profile("generic-80").columns == 48
    assert load_profile("epson-tm-t88").columns == 42
    assert load_profile("epson-tm-t88").proof is Proof.PROCESS_ID
    assert load_profile("xprinter-80").proof is not Proof.PROCESS_ID


def test_what_a_file_leaves_out_has_a_default() -> None:
    profile = parse_profile(GOOD, name="mine")
    assert profile.name == "mine"
    assert profile.charset is Charset.GBK
    assert profile.rare is Rare.MARK
    assert profile.chinese_mode


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("columns = 48\n", ""), "columns"),
        (("columns = 48", "columns = 100"), "columns"),
        (("columns = 48", 'columns = "48"'), "columns"),
        (("columns = 48", "columns = true"), "columns"),
        (("dots = 576", "dots = 384"), "dots"),
        (('"gbk"', '"big5"'), "charset"),
        (('"gbk"', "5"), "charset"),
        (("status = true", "status = 1"), "status"),
        (("status = true", "status = true\nspeed = 3"), "speed"),
        (("status = true", 'status = true\nname = "x"'), "name"),
    ],
)
def test_a_wrong_key_is_named(change: tuple[str, str], key: str) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        parse_profile(GOOD.replace(*change), name="mine")
    assert refused.value.key == key
    assert refused.value.printer == "mine"


@given(st.text())
def test_any_text_is_a_profile_or_refused(text: str) -> None:
    with pytest.raises(ProfileInvalid):
        parse_profile(text, name="mine")


@pytest.mark.parametrize("name", ["", "unknown", "../profile", "generic-80.toml"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ProfileInvalid):
        load_profile(name)
