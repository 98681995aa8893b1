"""Charts as values: every column stands on the line, inside the field, as high as its value."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.desk.charts import HEIGHT, WIDTH, Chart, stacked, top_of

VALUES = st.lists(st.tuples(*[st.integers(-50, 10**7)] * 3), min_size=1, max_size=60)


def drawn(rows: list[tuple[int, int, int]]) -> Chart:
    labels = [str(place) for place in range(len(rows))]
    return stacked(labels, [list(values) for values in zip(*rows, strict=True)])


@given(st.integers(0, 10**12))
def test_the_scale_is_round_and_not_much_higher_than_what_it_holds(highest: int) -> None:
    top = top_of(highest)
    assert top >= highest
    assert top % 4 == 0
    assert top <= max(4, highest * 3)


@given(VALUES)
def test_columns_are_stacked_to_scale_within_the_field(rows: list[tuple[int, int, int]]) -> None:
    chart = drawn(rows)
    top = chart.ticks[-1].value
    full = chart.base - chart.ticks[-1].y
    for bar in chart.bars:
        assert chart.left <= bar.x
        assert bar.x + bar.width <= WIDTH
        assert bar.y >= -0.1
        assert bar.y + bar.height <= HEIGHT
        assert abs(bar.height - full * bar.value / top) < 0.02
        assert bar.value == max(0, rows[int(bar.label)][bar.tone])
    assert len(chart.bars) == sum(value > 0 for row in rows for value in row)
    assert len(chart.labels) <= 16


def test_a_day_on_which_more_was_given_back_than_earned_shows_nothing() -> None:
    assert drawn([(-5, 0, 0)]).bars == ()


def test_parts_of_a_column_stand_on_each_other() -> None:
    chart = drawn([(1, 2, 1)])
    bottoms = [round(bar.y + bar.height, 1) for bar in chart.bars]
    tops = [round(bar.y, 1) for bar in chart.bars]
    assert bottoms == [chart.base, *tops[:-1]]
