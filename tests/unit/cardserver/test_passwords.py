"""What is kept of a password, with the parameters a real house uses."""

from argon2 import extract_parameters
from argon2.low_level import Type

from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.services.passwords import fits, hashed, is_old


def test_a_password_is_kept_as_argon2id_with_the_work_of_rfc_9106() -> None:
    kept = hashed("three white herons")
    found = extract_parameters(kept)
    assert (found.type, found.memory_cost, found.time_cost) == (Type.ID, 64 * 1024, 3)
    assert fits(kept, "three white herons")
    assert not fits(kept, "three white heron")
    assert not is_old(kept)
    assert "heron" not in kept


def test_only_the_published_password_is_kept_lightly() -> None:
    kept = hashed(DEMO_PASSWORD)
    assert fits(kept, DEMO_PASSWORD)
    assert is_old(kept)


def test_nobody_and_a_garbled_row_fit_no_password() -> None:
    assert not fits(None, "nobody's password")
    assert not fits("", "")
    assert not fits("$argon2id$v=19$garbled", "x")
