"""Files of one day that go on from the files before them only with day and month the other way round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest

from pipelines.broken_rules.days_of_files import swap
from pipelines.broken_rules.swapped_in_order import find_in_order

AHEAD, BACK = date(2024, 3, 12), date(2024, 12, 5)


def _until(day: date, count: int = 20, *, step: int = 1) -> list[date]:
    return [day - timedelta(days=step * ago) for ago in range(count, 0, -1)]


def _found(
    days: Sequence[date | Mapping[date, int]], *, doubted: Sequence[int] = (), is_nearer: bool = True
) -> dict[int, date]:
    """Number of a file -> last day before it. A file is a day, or days with their events."""
    files = {str(number): dict(each) if isinstance(each, Mapping) else {each: 9} for number, each in enumerate(days)}
    one_day = {
        name: day for name, counts in files.items() for day in counts if len(counts) == 1 and day.day <= 12
        if day.day != day.month
    }  # fmt: skip
    found = find_in_order(list(files), files, one_day, {str(each) for each in doubted}, lambda *_: is_nearer)
    return {int(name): until for name, until in found}


@pytest.mark.parametrize("day", [AHEAD, BACK])
@pytest.mark.parametrize("step", [1, 2, 7])
def test_a_day_that_goes_on_only_when_swapped_is_found(day: date, step: int) -> None:
    assert _found([*_until(day, step=step), swap(day)]) == {20: day - timedelta(days=step)}


def test_a_day_that_goes_back_needs_tickets_that_speak_for_it() -> None:
    assert _found([*_until(BACK), swap(BACK)], is_nearer=False) == {}
    assert _found([*_until(AHEAD), swap(AHEAD)], is_nearer=False) == {20: AHEAD - timedelta(days=1)}


def test_what_comes_later_changes_nothing_unless_it_goes_on_from_the_day_as_it_is_read() -> None:
    before = [*_until(AHEAD), swap(AHEAD)]
    later = [AHEAD + timedelta(days=number) for number in range(1, 300)]
    assert _found([*before, *later]) == _found(before) != {}
    assert _found([*before, date(2024, 12, 4)]) == {}


def test_the_files_after_one_that_is_doubted_go_on_from_the_day_that_it_means() -> None:
    start = date(2024, 3, 4)
    swapped = [swap(start + timedelta(days=number)) for number in range(8)]
    assert list(_found([*_until(start), *swapped])) == [20, 21, 22, 23, 24, 25, 26, 27]
    assert list(_found([*_until(start), *swapped], doubted=[20, 22])) == [21, 23, 24, 25, 26, 27]


def test_days_that_files_tell_of_by_the_way_are_no_reach() -> None:
    """A clock that is wrong, or an event of long ago."""
    odd = [{day: 100, day + timedelta(days=262): 1, day - timedelta(days=300): 1} for day in _until(AHEAD)]
    assert _found([*odd, swap(AHEAD)]) == {20: AHEAD - timedelta(days=1)}


@pytest.mark.parametrize(
    "days",
    [
        [swap(AHEAD)],
        [*_until(AHEAD, 2), swap(AHEAD)],
        [*_until(AHEAD, step=11), swap(AHEAD)],
        [*_until(AHEAD), date(2024, 11, 30)],
        [*_until(AHEAD), date(2024, 12, 8)],
        [*_until(AHEAD)[::-1], swap(AHEAD)],
        [*_until(AHEAD)[::2], *_until(AHEAD)[1::2][::-1], swap(AHEAD)],
        [date(2024, month, 4) for month in range(1, 13)],
    ],
    ids=[
        *("nothing before it", "two days before it", "gaps of weeks", "no day that can be swapped"),
        *("a day too far away", "files that go backwards", "files in no order", "one day of each month"),
    ],
)
def test_without_a_reason_no_file_is_doubted(days: list[date]) -> None:
    assert _found(days) == {}
