"""How many rows fit into the time: from the speed, or a fixed number where a platform does not report it."""

import pytest

from flywheel_helpers.data.budget import ROWS_WITHOUT_SPEED, rows_in_time
from flywheel_helpers.errors import ConfigError

ROWS = [{"text": "x" * 1237}, {"text": "x" * 1237}]  # with its JSON around it 1,250 characters: 562 tokens


def test_twice_the_speed_or_time_is_twice_the_rows():
    assert rows_in_time(ROWS, 10, 281.25, 10_000).rows == 300
    assert rows_in_time(ROWS, 20, 281.25, 10_000).rows == 600
    assert rows_in_time(ROWS, 10, 562.5, 10_000).rows == 600


def test_longer_rows_are_fewer():
    longer = [{"text": "x" * 3237}]
    assert rows_in_time(longer, 10, 281.25, 10_000).rows < 200


def test_the_reason_names_rows_minutes_and_speed():
    assert rows_in_time(ROWS, 10, 281.25, 10_000).reason == (
        "300 rows, which fit into 10 minutes: 281 tokens a second, 562 tokens a row."
    )


def test_no_more_than_there_are():
    budget = rows_in_time(ROWS, 10, 10_000, 3060)
    assert budget.rows == 3060
    assert budget.reason.startswith("all 3060 rows, in about 3 of the 10 minutes")


def test_a_slow_machine_gets_the_fewest_that_teach_anything():
    budget = rows_in_time(ROWS, 1, 10, 3060)
    assert budget.rows == 50
    assert "longer than 1 minute here" in budget.reason
    assert rows_in_time(ROWS, 1, 10, 20).rows == 20


def test_a_platform_that_does_not_say():
    budget = rows_in_time(ROWS, 10, None, 3060)
    assert budget.rows == ROWS_WITHOUT_SPEED
    assert "does not report" in budget.reason
    assert rows_in_time(ROWS, 10, None, 100).rows == 100


@pytest.mark.parametrize("minutes", [0, -1, float("nan")])
def test_no_time(minutes):
    with pytest.raises(ConfigError, match="TRAIN_MINUTES"):
        rows_in_time(ROWS, minutes, 300, 3060)
