"""Spend against commitment, and the day on which it is used up, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import exchange_rates
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from vendor_frames import TODAY, Built, billed, build, card

from metrics.costs.exchange_rates import FxPolicy
from metrics.measuring.measure import measure
from metrics.registry import metric_named
from metrics.vendors.commitments import build_commitments
from models.ddl import polars_schema
from models.vendor_ledger import fct_vendor_commitment_months, fct_vendor_commitments

COMMITTED = {"unit_price_original": Decimal(1), "committed_spend_original": Decimal(1000)}


def _bill(month: int, day: int, amount: str | int, **columns: Any) -> dict[str, Any]:
    return {"invoice_date": date(2026, month, day), "amount_original": Decimal(amount), **columns}


def _commit(
    contract: dict[str, Any], *lines: dict[str, Any], as_of_date: date = TODAY, months: int = 3, **options: Any
) -> tuple[dict[str, Any], pl.DataFrame]:
    built = build(card({**COMMITTED, **contract}), billed(*lines), as_of_date=as_of_date, **options)
    found, by_month = _build(built, options.get("rates"), as_of_date=as_of_date, months=months)
    assert found.schema == polars_schema(fct_vendor_commitments)
    assert by_month.schema == polars_schema(fct_vendor_commitment_months)
    return found.row(0, named=True), by_month


def _build(
    built: Built, rates: pl.DataFrame | None = None, *, as_of_date: date = TODAY, months: int = 3
) -> tuple[pl.DataFrame, pl.DataFrame]:
    return build_commitments(
        built.contracts,
        built.lines,
        exchange_rates() if rates is None else rates,
        fx=FxPolicy(),
        reporting_currency="EUR",
        as_of_date=as_of_date,
        run_rate_months=months,
    )


def test_a_commitment_that_ran_out_in_mid_month_names_the_day() -> None:
    # 400 in April, 800 on 12 May, 1050 on 20 May: used up on the 20th, and by month 400, 1050, 1150.
    found, by_month = _commit({}, _bill(4, 3, 400), _bill(5, 12, 400), _bill(5, 20, 250), _bill(6, 9, 100))
    assert (found["run_out_state"], found["run_out_date"]) == ("reached", date(2026, 5, 20))
    assert (found["spend_original"], found["remaining_original"]) == (1150, -150)
    months = by_month.filter(pl.col("spend_original") != 0)
    assert months.select("month_date", "spend_original", "cumulative_spend_original").rows() == [
        (date(2026, 4, 1), 400, 400),
        (date(2026, 5, 1), 650, 1050),
        (date(2026, 6, 1), 100, 1150),
    ]
    assert by_month["month_date"].to_list() == [date(2026, month, 1) for month in range(1, 8)]
    # Of January to March no invoice is known at all, so that later months may have too little.
    assert by_month["is_quarantined"].to_list() == [True] * 3 + [False] * 4
    assert by_month["is_understated"].to_list() == [True] * 7


def test_exactly_the_commitment_uses_it_up_and_a_later_credit_note_gives_some_back() -> None:
    exactly, _ = _commit({}, _bill(4, 3, 999), _bill(5, 12, 1))
    assert (exactly["run_out_state"], exactly["run_out_date"]) == ("reached", date(2026, 5, 12))
    back, _ = _commit({}, _bill(4, 3, 999), _bill(5, 12, 1), _bill(6, 12, -1))
    assert back["run_out_state"] == "projected"
    again, _ = _commit({}, _bill(4, 3, 999), _bill(5, 12, 1), _bill(5, 20, -1), _bill(6, 30, 5))
    assert again["run_out_date"] == date(2026, 6, 30)


def test_what_is_left_is_projected_at_the_rate_of_the_last_complete_months() -> None:
    # April to June: 455 in 91 days is 5 a day. 455 + 45 of March are spent, 500 are left: 100 days, of which 1 July is
    # the first, so the last is 8 October. By 31 December, 184 days on: 500 + 184 x 5 = 1420.
    found, _ = _commit({}, _bill(3, 31, 45), _bill(4, 1, 155), _bill(5, 5, 200), _bill(6, 30, 100))
    assert (found["run_rate_start_date"], found["run_rate_end_date"]) == (date(2026, 4, 1), date(2026, 6, 30))
    assert found["run_rate_spend_original"] == 455
    assert (found["run_out_state"], found["run_out_date"]) == ("projected", date(2026, 10, 8))
    assert (found["projected_spend_original"], found["shortfall_original"]) == (1420, 0)


def test_what_will_not_be_used_up_is_a_shortfall() -> None:
    # 91 in 91 days is 1 a day: 91 + 184 = 275 by the end, 725 short.
    found, _ = _commit({}, _bill(4, 1, 91))
    assert (found["run_out_state"], found["run_out_date"]) == ("not_within_term", None)
    assert (found["projected_spend_original"], found["shortfall_original"]) == (275, 725)


def test_the_last_day_of_the_term_is_within_it() -> None:
    # 1 a day, and as much left as days: 184 from 1 July to 31 December. One more is not used up.
    last, _ = _commit({"committed_spend_original": Decimal(275)}, _bill(4, 1, 91))
    assert (last["run_out_date"], last["shortfall_original"]) == (date(2026, 12, 31), 0)
    beyond, _ = _commit({"committed_spend_original": Decimal(276)}, _bill(4, 1, 91))
    assert (beyond["run_out_date"], beyond["shortfall_original"]) == (None, 1)


def test_the_rate_begins_with_the_contract_and_with_what_is_known() -> None:
    # Begun on 16 June: 15 days of June, not 91, and 30 in them is 2 a day. 30 + 184 x 2 = 398.
    young, _ = _commit({"start_date": date(2026, 6, 16)}, _bill(6, 20, 30))
    assert (young["run_rate_start_date"], young["projected_spend_original"]) == (date(2026, 6, 16), 398)
    # The exports begin on 10 May: May and June are 61 days, and what was billed before is not known.
    known, _ = _commit({}, _bill(5, 10, 61))
    assert (known["run_rate_start_date"], known["known_since_date"]) == (date(2026, 5, 1), date(2026, 5, 10))
    assert known["projected_spend_original"] == 245
    none_yet, _ = _commit({"start_date": date(2026, 7, 1)}, _bill(7, 1, 5))
    assert (none_yet["run_out_state"], none_yet["shortfall_original"]) == ("unknown", None)


def test_an_ended_contract_is_short_of_what_was_not_billed_and_a_future_one_has_not_begun() -> None:
    ended, _ = _commit({"end_date": date(2026, 5, 31)}, _bill(5, 1, 400))
    assert (ended["run_out_state"], ended["shortfall_original"]) == ("ended_short", 600)
    future, by_month = _commit({"start_date": date(2026, 8, 1)}, _bill(5, 1, 400))
    assert (future["run_out_state"], future["shortfall_original"], by_month.height) == ("not_begun", None, 0)


def test_an_open_ended_contract_has_a_day_and_no_shortfall() -> None:
    found, _ = _commit({"end_date": None}, _bill(4, 1, 91))
    assert found["run_out_date"] == TODAY + timedelta(days=908)  # 909 left at 1 a day
    assert (found["projected_spend_original"], found["shortfall_original"]) == (None, None)


def test_more_credits_than_bills_are_a_rate_of_nothing() -> None:
    found, _ = _commit({}, _bill(1, 5, 400), _bill(5, 5, -100))
    assert (found["run_out_state"], found["projected_spend_original"], found["shortfall_original"]) == (
        "not_within_term",
        300,
        700,
    )


def test_lines_that_cannot_be_added_up_are_counted_and_leave_the_months_open() -> None:
    found, by_month = _commit(
        {},
        _bill(4, 1, 100),
        _bill(5, 1, 100, currency_code="USD"),
        _bill(5, 2, 100),
        {**_bill(6, 3, 0), "amount_original": None},
        _bill(8, 1, 100),  # after the data's clock
        quarantined=["ap:4"],
    )
    assert (found["spend_original"], found["billed_line_count"], found["unmeasured_line_count"]) == (100, 1, 3)
    assert by_month.select("unmeasured_line_count").to_series().to_list() == [0, 0, 0, 0, 2, 3, 3]
    assert by_month["is_quarantined"].to_list() == [True] * 3 + [False] + [True] * 3


def test_lines_that_may_be_of_either_contract_are_counted_for_both() -> None:
    rows = card(COMMITTED, {**COMMITTED, "vendor_contract_id": "C2"})
    built = build(rows, billed(_bill(5, 1, 100)))
    found, _ = _build(built)
    assert found.select("spend_original", "unmeasured_line_count").rows() == [(0, 1), (0, 1)]


def test_what_is_spent_is_shown_at_the_rate_of_the_clock_and_months_at_that_of_the_first_day() -> None:
    rates = exchange_rates(
        (TODAY, "USD", "EUR", "0.9"), (date(2026, 5, 1), "USD", "EUR", "0.5"), (date(2026, 1, 1), "USD", "EUR", "0.8")
    )
    found, by_month = _commit({"currency_code": "USD"}, _bill(5, 1, 400, currency_code="USD"), rates=rates)
    assert (found["spend_reporting"], found["committed_spend_reporting"]) == (360, 900)
    last = by_month.row(-1, named=True)
    assert (last["cumulative_spend_reporting"], last["committed_spend_reporting"]) == (320, 800)
    assert by_month.select("fx_rate", "fx_rate_date").unique().rows() == [(Decimal("0.8"), date(2026, 1, 1))]


def test_a_contract_older_than_the_rates_takes_the_first_one_after_its_first_day() -> None:
    rates = exchange_rates((date(2026, 3, 2), "USD", "EUR", "0.8"), (date(2026, 3, 3), "USD", "EUR", "0.5"))
    _, by_month = _commit({"currency_code": "USD"}, _bill(5, 1, 400, currency_code="USD"), rates=rates)
    assert by_month["cumulative_spend_reporting"].to_list()[-1] == 320
    assert by_month["fx_rate_date"].unique().to_list() == [date(2026, 3, 2)]
    _, without = _commit({"currency_code": "USD"}, _bill(5, 1, 400, currency_code="USD"))
    assert without["committed_spend_reporting"].unique().to_list() == [None]


def test_closed_months_of_two_currencies_stay_while_the_clock_moves_and_rates_come_in() -> None:
    rows = card(COMMITTED, {**COMMITTED, "vendor_contract_id": "C2", "vendor": "Globex", "currency_code": "USD"})
    lines = billed(
        _bill(1, 5, 100),
        _bill(1, 6, 800, vendor="Globex", currency_code="USD"),
        _bill(5, 5, 300),
        _bill(6, 5, 100, vendor="Globex", currency_code="USD"),
    )
    quoted = [(date(2026, 1, 1), "USD", "EUR", "0.9"), (date(2026, 3, 1), "USD", "EUR", "0.7")]

    def share(as_of_date: date, *later: tuple[date, str, str, str]) -> pl.DataFrame:
        rates = exchange_rates(*quoted, *later)
        _, by_month = _build(build(rows, lines, rates=rates, as_of_date=as_of_date), rates, as_of_date=as_of_date)
        values = measure(
            [metric_named("vendor_committed_spend_used_ratio")],
            {"fct_vendor_commitment_months": by_month},
            time_zone="UTC",
            as_of=datetime.combine(as_of_date, time(), UTC),
        )
        return values.filter(dimension="overall").select("period_start_date", "value", "lower_bound", "upper_bound")

    then = share(date(2026, 3, 1))
    now = share(TODAY, (date(2026, 6, 30), "USD", "EUR", "0.2"), (TODAY, "USD", "EUR", "3"))
    closed = pl.col("period_start_date") < date(2026, 3, 1)
    assert then.filter(closed).height == 2
    assert_frame_equal(then.filter(closed), now.filter(closed), check_exact=True)
    # 100 of 1000 and, at 0.9, 720 of 900; the dollars weigh so much in every month.
    assert now["value"].to_list()[0] == 820 / 1900
    assert now["value"].to_list()[5] == (400 + 810) / 1900


def test_a_contract_older_than_the_invoices_has_used_at_least_what_they_tell() -> None:
    old = {**COMMITTED, "vendor_contract_id": "C2", "vendor": "Globex", "start_date": date(2025, 11, 1)}
    built = build(card(COMMITTED, old), billed(_bill(1, 5, 100), _bill(2, 6, 500, vendor="Globex")))
    _, by_month = _build(built)
    flagged = by_month.filter("is_understated").select("vendor_contract_id", "month_date", "is_quarantined").rows()
    assert {contract for contract, _, _ in flagged} == {"C2"}
    # Before the first invoice nothing is known; since then, that so much was billed at least.
    assert [aside for _, _, aside in flagged] == [True] * 2 + [False] * 7
    values = measure(
        [metric_named("vendor_committed_spend_used_ratio")],
        {"fct_vendor_commitment_months": by_month},
        time_zone="UTC",
        as_of=datetime(2026, 7, 1, tzinfo=UTC),
    )
    columns = ("value", "lower_bound", "upper_bound", "eligible_count", "measured_count")
    month = values.filter(period_start_date=date(2026, 2, 1))
    told = dict(zip(month["dimension_value"], month.select(columns).rows(), strict=True))
    assert told[""] == (0.3, 0.3, None, 2, 1)
    assert told["Acme"] == (0.1, 0.1, 0.1, 1, 1)
    assert told["Globex"] == (0.5, 0.5, None, 1, 0)
    before = values.filter(period_start_date=date(2025, 12, 1), dimension="overall").select(columns).row(0)
    assert before == (None, None, None, 1, 0)


def test_invoices_are_known_since_the_first_of_the_exports_that_have_the_vendor() -> None:
    # Globex has an export of its own, which begins in April; Acme and Initech are in one since January.
    rows = card(
        COMMITTED,
        {**COMMITTED, "vendor_contract_id": "C2", "vendor": "Globex"},
        {**COMMITTED, "vendor_contract_id": "C3", "vendor": "Initech"},
        {**COMMITTED, "vendor_contract_id": "C4", "vendor": "Nobody"},
    )
    lines = billed(
        _bill(1, 5, 100),
        _bill(4, 6, 500, vendor="Globex", source="globex"),
        _bill(3, 6, 500, vendor="INITECH"),
        _bill(1, 1, 500, vendor="Globex"),  # set aside: its date may be wrong
    )
    found, by_month = _build(build(rows, lines, quarantined=["ap:5"]))
    assert found["known_since_date"].to_list() == [
        date(2026, 1, 5), date(2026, 4, 6), date(2026, 1, 5), date(2026, 1, 5)
    ]  # fmt: skip
    understated = by_month.filter("is_understated")["vendor_contract_id"].unique().to_list()
    assert understated == ["C2"]


@pytest.mark.parametrize("committed", [None, Decimal(0)])
def test_a_contract_without_a_commitment_has_no_row(committed: Decimal | None) -> None:
    built = build(card({**COMMITTED, "committed_spend_original": committed}), billed(_bill(5, 1, 100)))
    found, by_month = _build(built)
    assert (found.height, by_month.height) == (0, 0)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 180), st.decimals(-500, 500, places=2, allow_nan=False, allow_infinity=False)),
        min_size=1,
        max_size=12,
    ),
    st.decimals(1, 1500, places=2, allow_nan=False, allow_infinity=False),
)
def test_months_add_up_and_the_day_is_the_first_from_which_it_stays_used_up(
    bills: list[tuple[int, Decimal]], committed: Decimal
) -> None:
    lines = [
        {"invoice_date": date(2026, 1, 1) + timedelta(days=offset), "amount_original": amount}
        for offset, amount in bills
    ]
    found, by_month = _commit({"committed_spend_original": committed}, *lines)
    total = sum((amount for _, amount in bills), Decimal(0))
    assert by_month["spend_original"].sum() == by_month["cumulative_spend_original"].to_list()[-1] == total
    assert found["spend_original"] + found["remaining_original"] == committed

    def by(day: int) -> Decimal:
        return sum((amount for offset, amount in bills if offset <= day), Decimal(0))

    stays = [day for day in range(181) if all(by(later) >= committed for later in range(day, 181))]
    if stays:
        assert found["run_out_date"] == date(2026, 1, 1) + timedelta(days=stays[0])
    else:
        assert found["run_out_state"] in ("projected", "not_within_term")
