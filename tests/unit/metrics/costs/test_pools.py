"""Which pools select a line, compared with trying every pool on every line in plain Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.policy import CostPool
from metrics.costs.pools import MATCHED_COLUMNS, match_pools
from models.vocabulary import NO_VALUE

Line = tuple[str | None, str | None, str | None, str | None]


def lines_of(*lines: Line) -> pl.DataFrame:
    return pl.DataFrame(lines, schema=dict.fromkeys(MATCHED_COLUMNS, pl.String), orient="row")


def expected(lines: Sequence[Line], pools: Sequence[CostPool]) -> list[tuple[str, int, str | None]]:
    found = []
    for line in lines:
        names = [pool.id for pool in pools if _selects(pool, line)]
        found.append((names[0] if names else NO_VALUE, len(names), ", ".join(names[1:]) or None))
    return found


def _selects(pool: CostPool, line: Line) -> bool:
    wanted = (pool.accounts, pool.cost_centres, pool.vendors, pool.descriptions)
    return all(
        not patterns or any(_matches(pattern, value or "") for pattern in patterns)
        for patterns, value in zip(wanted, line, strict=True)
    )


def _matches(pattern: str, value: str) -> bool:
    """One character of the pattern after the other: no regular expression that could share a mistake."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(_matches(pattern[1:], value[cut:]) for cut in range(len(value) + 1))
    return (
        bool(value)
        and (pattern[0] in ("?", value[0]) or pattern[0].lower() == value[0].lower())
        and _matches(pattern[1:], value[1:])
    )


values = st.none() | st.text("ab.A\n", max_size=4)
patterns = st.lists(st.text("ab.*?(", max_size=4), max_size=2).map(tuple)


@given(
    st.lists(st.tuples(values, values, values, values), max_size=8),
    st.lists(st.tuples(patterns, patterns, patterns, patterns), max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_pools_are_what_trying_each_on_each_line_gives(
    lines: list[Line], wanted: list[tuple[tuple[str, ...], ...]]
) -> None:
    pools = [CostPool(f"pool {number}", *four) for number, four in enumerate(wanted)]
    assert match_pools(lines_of(*lines), pools).rows() == expected(lines, pools)


def test_more_pools_than_a_whole_number_has_bits() -> None:
    accounts = [f"{number:03}" for number in range(200)]
    pools = [CostPool(f"p{account}", (account,), descriptions=(f"*{account[-1]}",)) for account in accounts]
    pools.append(CostPool("rest", ("1*",)))
    lines = [(account, None, None, text) for account, text in product(accounts, ("line 3", "line 7", None))]
    assert match_pools(lines_of(*lines), pools).rows() == expected(lines, pools)


def test_lines_of_several_pools_name_those_that_came_too_late() -> None:
    pools = [CostPool("a", ("6*",)), CostPool("b", vendors=("Acme*",)), CostPool("all")]
    assert match_pools(lines_of(("61", None, "ACME Ltd", None), ("70", None, None, None)), pools).rows() == [
        ("a", 3, "b, all"),
        ("all", 1, None),
    ]


@pytest.mark.parametrize("pools", [[], [CostPool("all")]])
def test_policies_without_patterns_need_no_values(pools: list[CostPool]) -> None:
    lines: list[Line] = [(None, None, None, None), ("x", None, None, None)]
    assert match_pools(lines_of(*lines), pools).rows() == expected(lines, pools)
    assert match_pools(lines_of(), pools).is_empty()


def test_the_oracle_agrees_with_regular_expressions_on_plain_patterns() -> None:
    for pattern, value in product(["a*b", "*b", "?b", "ab"], ["ab", "aab", "b", "abb", ""]):
        regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        assert _matches(pattern, value) == bool(re.fullmatch(regex, value, re.DOTALL))
