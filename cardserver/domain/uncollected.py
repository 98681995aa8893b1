"""When Python's garbage collector looks for cycles: seldom in a server, never in a long list.

While a list is built it would look through every object again and again, and they only grow in
number: two thirds of the time that a list of fifty thousand cards takes. What is built holds no
cycles, and neither does what a call leaves behind.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SELDOM: Final = (50_000, 20, 100)


def collect_seldom() -> None:
    """What stands now stands to the end and is looked through no more, the rest seldom."""
    gc.freeze()
    gc.set_threshold(*_SELDOM)


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection in this process meanwhile. Of several at once, the first to begin ends it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
