"""Shapes on the wire are built when the first value comes: whoever comes first, and all of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import ValidationError

import cardserver
from cardserver.wirebase import HexBytes, Instant, Refusal, Uuid, Wire

AT_ONCE = 8


def wire_modules() -> list[str]:
    found = Path(cardserver.__file__).parent.glob("wire_*.py")
    return sorted(f"cardserver.{path.stem}" for path in found)


def below(model: type[Wire]) -> Iterator[type[Wire]]:
    yield model
    for each in model.__subclasses__():
        yield from below(each)


@pytest.mark.parametrize("module", wire_modules())
def test_every_shape_of_a_topic_can_be_built(module: str) -> None:
    """A mistake in one is found here, and not with its first value at a counter."""
    import_module(module)
    shapes = [each for each in below(Wire) if each.__module__ == module]
    assert shapes
    assert all(each.model_rebuild() in {None, True} for each in shapes)
    assert all(each.__pydantic_complete__ for each in shapes)


def test_threads_that_need_a_shape_at_the_same_moment_get_one_shape() -> None:
    """No thread is given a half-built one, which would refuse or pass over fields."""
    for _ in range(20):

        class Inner(Wire):
            data: HexBytes

        class Outer(Wire):
            id: Uuid
            at: Instant
            inner: tuple[Inner, ...]

        assert not Outer.__pydantic_complete__
        together = Barrier(AT_ONCE)

        def read(turn: int, outer: type[Wire] = Outer, together: Barrier = together) -> str:
            text = (
                '{"id":"00000000-0000-4000-8000-000000000001","at":"2025-06-09T09:00:00+08:00",'
                '"inner":[{"data":"00ff"}]}'
            )
            together.wait()
            if turn % 2:
                with pytest.raises(ValidationError):
                    outer.model_validate_json('{"strange": 1}')
            return outer.model_validate_json(text).model_dump_json()

        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert len(set(threads.map(read, range(AT_ONCE)))) == 1


def test_a_shape_that_was_never_used_can_be_given_out() -> None:
    """An answer is written before any is read."""

    class Told(Refusal):
        pass

    told = Told.model_construct(code="x", reason="", rule="", message="y")
    assert told.model_dump_json() == '{"code":"x","reason":"","rule":"","message":"y"}'
