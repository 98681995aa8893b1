"""The first example of all, to be made before workers are forked."""

from hypothesis import given
from hypothesis import strategies as st


@given(st.none())
def run_one_example(_: None) -> None:
    """Hypothesis has all garbage looked for with the first example of a process, and no more."""
