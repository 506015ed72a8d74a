"""Cost per transaction stays within the bounds that were told before, wherever the lines that nobody took go later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import active_time, cost_lines, headcounts, transactions
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.allocation import allocate_costs
from metrics.costs.policy import CostPolicy, CostPool, Driver, StepDown
from metrics.costs.weights import DriverData
from metrics.instrumentation.widths import attribute_widths
from metrics.measuring.measure import measure
from metrics.registry import metric_named
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import NO_VALUE, Grain

METRIC = "cost_per_transaction_reporting"
#: Three in January, two in February: with a day, a week and a quarter that hold some of them.
DONE = transactions(
    (date(2026, 1, 5), "Desk", "P1", "Mail", "Acme", 2),
    (date(2026, 1, 30), "Network", "P2", "VPN", NO_VALUE, 1),
    (date(2026, 2, 1), "Network", "P1", "VPN", NO_VALUE, 2),
)
#: Where a line can be at first: only 'tickets' is borne whole, 'rest' in part, and of the others nothing.
FIRST = ("tickets", "rest", "people", "nobody", NO_VALUE)


def _policy(left_of_one: str) -> CostPolicy:
    shares = {"Desk": Decimal(1) - Decimal(left_of_one)}
    return CostPolicy(
        pools=(
            CostPool("tickets", driver=Driver.RESOLVED_TICKETS),
            CostPool("later", driver=Driver.RESOLVED_TICKETS),
            CostPool("rest", driver=Driver.FIXED_SHARES, shares=shares),
            CostPool("people", driver=Driver.HEADCOUNT),
            CostPool("nobody"),
            CostPool("support"),
        ),
        step_down=(StepDown("Support", driver=Driver.FIXED_SHARES, shares=shares),),
    )


def _facts(lines: pl.DataFrame, policy: CostPolicy, people: pl.DataFrame) -> dict[str, pl.DataFrame]:
    drivers = DriverData(
        headcount=people,
        active_hours=active_time(),
        resolved_tickets=DONE,
        metric_values=polars_schema(metric_values).to_frame(),
    )
    allocated = [allocate_costs(lines, DONE, policy=policy, drivers=drivers, grain=grain) for grain in Grain]
    return {"fct_cost_lines": lines, "fct_cost_allocations": pl.concat(allocated), "fct_transactions": DONE}


def _values(facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return measure([metric_named(METRIC)], facts, time_zone="UTC", as_of=datetime(2026, 7, 1, tzinfo=UTC))


def _overall(facts: dict[str, pl.DataFrame]) -> dict[tuple[str, date], dict[str, Any]]:
    rows = _values(facts).filter(pl.col("dimension") == "overall").rows(named=True)
    return {(row["period_grain"], row["period_start_date"]): row for row in rows}


def _line(amount: str, pool: str, **more: Any) -> dict[str, Any]:
    days = {"cost_start_date": date(2026, 1, 1), "cost_end_date": date(2026, 1, 31)}
    return {"amount_reporting": Decimal(amount), "cost_pool": pool, **days, **more}


def test_lines_that_cancel_in_a_pool_bound_cost_one_by_one() -> None:
    lines = cost_lines(_line("30.00", "tickets"), _line("60.00", NO_VALUE), _line("-45.00", NO_VALUE))
    row = _overall(_facts(lines, _policy("0"), headcounts()))["month", date(2026, 1, 1)]
    # Three tickets: 30.00 alone, with the credit, and with the debit. By pools it was at most 45.00 / 3.
    assert (row["value"], row["lower_bound"], row["upper_bound"]) == (10.0, -5.0, 30.0)


def test_what_shares_leave_of_lines_that_cancel_is_in_the_bounds_too() -> None:
    lines = cost_lines(_line("30.00", "tickets"), _line("60.00", "rest"), _line("-60.00", "rest"))
    row = _overall(_facts(lines, _policy("0.25"), headcounts()))["month", date(2026, 1, 1)]
    assert (row["value"], row["lower_bound"], row["upper_bound"]) == (10.0, 5.0, 15.0)


def test_the_width_that_lines_which_cancel_make_is_told_as_theirs() -> None:
    lines = cost_lines(_line("30.00", "tickets"), _line("60.00", NO_VALUE), _line("-60.00", NO_VALUE))
    facts = _facts(lines, _policy("0"), headcounts())
    unmeasured = pl.DataFrame(
        schema={
            "metric": pl.String,
            "period_start_date": pl.Date,
            "source": pl.String,
            "table_name": pl.String,
            "reasons": pl.String,
            "record_count": pl.Int64,
            "span": pl.Float64,
            "source_eligible_count": pl.Int64,
        }
    )
    gaps = attribute_widths([metric_named(METRIC)], _values(facts), unmeasured, facts)
    january = gaps.filter(pl.col("period_start_date") == date(2026, 1, 1))
    assert january.select("gap_kind", "width_value").rows() == [("unallocated", 40.0)]


debits = st.integers(0, 10**5).map(lambda cents: Decimal(cents) / 100)
starts = st.dates(date(2026, 1, 20), date(2026, 2, 10))
#: A debit and a credit of one pool and the same days, and whether each is given to a pool that is borne later.
pairs = st.tuples(debits, debits, st.sampled_from(FIRST), starts, starts, st.booleans(), st.booleans())


@settings(deadline=None, max_examples=25)
@given(st.lists(pairs, min_size=1, max_size=4), st.decimals(0, 1, places=2), st.booleans(), st.booleans())
def test_the_value_stays_within_the_bounds_that_were_told_before_the_open_lines_were_placed(
    ledger: Sequence[tuple[Decimal, Decimal, str, date, date, bool, bool]],
    left_of_one: Decimal,
    are_shares_raised: bool,
    have_people_come: bool,
) -> None:
    def lines(*, is_later: bool) -> pl.DataFrame:
        # A line over the whole quarter lets every period of it have a value.
        rows = [{**_line("90.00", "tickets"), "cost_end_date": date(2026, 3, 31)}]
        for debit, credit, pool, one, other, *placed in ledger:
            for amount, is_placed in zip((debit, -credit), placed, strict=True):
                # Of the pool 'rest' a part is borne already: there only the shares are raised.
                moves = is_later and is_placed and pool in {"nobody", NO_VALUE}
                days = {"cost_start_date": min(one, other), "cost_end_date": max(one, other)}
                rows.append({"amount_reporting": amount, "cost_pool": "later" if moves else pool, **days})
        return cost_lines(*rows)

    people = headcounts(*((date(2026, month, 1), team, "2") for month in (1, 2) for team in ("Desk", "Network")))
    before = _overall(_facts(lines(is_later=False), _policy(str(left_of_one)), headcounts()))
    after = _overall(
        _facts(
            lines(is_later=True),
            _policy("0" if are_shares_raised else str(left_of_one)),
            people if have_people_come else headcounts(),
        )
    )
    assert before.keys() == after.keys()
    for key, row in after.items():
        told = before[key]
        assert (row["value"] is None) == (row["denominator"] == 0)
        if row["value"] is not None:
            lower, upper = told["lower_bound"], told["upper_bound"]
            assert lower <= row["value"] <= upper or row["value"] in (pytest.approx(lower), pytest.approx(upper)), key
