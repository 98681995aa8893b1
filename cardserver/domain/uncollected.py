"""A pause for Python's garbage collector while a long list is built.

It would look through every object again and again while they only grow in number: two thirds of the
time that a list of fifty thousand cards takes. What is built holds no cycles.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
