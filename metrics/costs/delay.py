"""What delay costs: the time that a ticket waited, took or was late, times the price of an hour that a policy sets.

How long those times are is decided by the ticket kernel and by SLA clocks; here they are only priced.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, find_rates_to_reporting
from metrics.costs.money import from_minor_units, round_half_even
from metrics.costs.planning_policy import DELAY_SCOPE, DelayClock, DelayMeasure, DelayRule
from metrics.periods import local_date
from metrics.populations import RESOLVED_TICKETS
from models.ddl import conform
from models.planning import fct_ticket_delays
from models.vocabulary import ClockState, SlaTarget

#: Measures that tickets tell by themselves.
_OF_TICKETS: Final = (DelayMeasure.WAITING, DelayMeasure.LEAD_TIME)
MICROSECONDS_PER_HOUR = 3_600_000_000
#: Columns of `fct_tickets` that prices are made of.
TICKET_COLUMNS: Final = (
    *("ticket_id", *DELAY_SCOPE, "created_at", "resolved_at", "settled_by_at", "unknown_since_at"),
    *("has_history", "is_done", "is_cancelled", "is_quarantined"),
    *(f"{measure}_{clock}_microseconds" for measure in _OF_TICKETS for clock in DelayClock),
)
#: Columns of `fct_sla_clocks` that they are made of.
CLOCK_COLUMNS: Final = (
    *("ticket_id", "target", "state", "stopped_at", "breached_at"),
    *("target_microseconds", "elapsed_microseconds"),
)
#: Magnitudes below this leave room in 128 bits for the doubling that rounding does.
_SAFE_PRODUCT = 2**126


def price_delays(
    fct_tickets: pl.DataFrame,
    fct_sla_clocks: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    rules: Sequence[DelayRule],
    fx: FxPolicy,
    reporting_currency: str,
    time_zone: str,
    minor_unit_digits: int = 2,
) -> pl.DataFrame:
    """`fct_ticket_delays`: every resolved ticket that a rule prices; the first rule whose scope it is in counts.

    Time past the target is that of all resolution clocks of a ticket together: elapsed less target on the business
    clock of the promise, from the breach to the stop on the calendar clock. A ticket with a history but without any
    resolution clock was promised nothing and is not priced; of one without history it is not known.

    The amount is microseconds times price times rate, exact until it is rounded half to even once to the minor unit,
    and no more than the cap. Where time or rate is not known, it is empty: the ticket is eligible and not measured.

    Args:
        fct_tickets: of those that a rule can price, `TICKET_COLUMNS`.
        fct_sla_clocks: all resolution clocks of theirs, `CLOCK_COLUMNS`.
        fx_rates: `stg_fx_rates`, for prices in other currencies: the rate of the day of resolution counts.
        rules: in order.
        reporting_currency: ISO 4217 code.
        time_zone: IANA name of the reporting time zone.
        minor_unit_digits: decimals of the reporting currency.
    """
    eligible = fct_tickets.filter(RESOLVED_TICKETS.is_eligible)
    late = _late_times(fct_sla_clocks)
    placed = eligible.with_columns(is_placed=RESOLVED_TICKETS.is_placed, resolved_at=RESOLVED_TICKETS.period)
    remaining = placed.join(late, on="ticket_id", how="left", maintain_order="left")
    priced = []
    for rule in rules:
        is_in_scope = pl.all_horizontal(
            pl.lit(True),
            *(pl.col(column).is_in(sorted(values)).fill_null(False) for column, values in rule.scope.items()),
        )
        chosen = remaining.filter(is_in_scope)
        remaining = remaining.filter(~is_in_scope)
        if rule.measure is DelayMeasure.PAST_TARGET:
            chosen = chosen.filter(
                pl.col("clock_count").is_not_null() | ~pl.col("has_history") | pl.col("is_quarantined")
            )
        priced.append(_price(chosen, rule, fx_rates, fx, reporting_currency, time_zone, minor_unit_digits))
    if not priced:
        return conform(pl.DataFrame(), fct_ticket_delays).clear()
    return pl.concat(priced).sort("ticket_id")


def _late_times(fct_sla_clocks: pl.DataFrame) -> pl.DataFrame:
    """ticket_id, clock_count, and how long each ticket's resolution clocks ran past their targets, on both clocks.

    Empty where one of them is not measured.
    """
    is_known = (pl.col("state") != ClockState.NOT_MEASURED.value).all()
    is_late = pl.col("state") == ClockState.BREACHED.value
    business = pl.col("elapsed_microseconds") - pl.col("target_microseconds")
    calendar = (pl.col("stopped_at") - pl.col("breached_at")).dt.total_microseconds()
    return (
        fct_sla_clocks.filter(
            pl.col("target") == SlaTarget.RESOLUTION.value, pl.col("state") != ClockState.CANCELLED.value
        )
        .group_by("ticket_id")
        .agg(
            clock_count=pl.len(),
            past_target_business_microseconds=pl.when(is_known).then(
                pl.when(is_late).then(business).otherwise(0).sum()
            ),
            past_target_calendar_microseconds=pl.when(is_known).then(
                pl.when(is_late).then(calendar).otherwise(0).sum()
            ),
        )
    )


def _price(
    tickets: pl.DataFrame,
    rule: DelayRule,
    fx_rates: pl.DataFrame,
    fx: FxPolicy,
    reporting_currency: str,
    time_zone: str,
    minor_unit_digits: int,
) -> pl.DataFrame:
    """Rows of `fct_ticket_delays` for the tickets of one rule."""
    currency = (rule.currency or reporting_currency).strip().upper()
    days = tickets.select(local_date(pl.col("resolved_at"), time_zone).alias("on")).get_column("on")
    known_days = days.unique().sort()
    rates = find_rates_to_reporting(
        [(currency, day) for day in known_days], fx_rates, policy=fx, reporting_currency=reporting_currency
    )
    rate_of_day = pl.DataFrame(
        {
            "on": known_days,
            "fx_rate": pl.Series([shown for _, shown in rates], dtype=pl.Decimal(18, 8)),
            "rate_index": pl.Series(
                [None if exact is None else n for n, (exact, _) in enumerate(rates)], dtype=pl.UInt32
            ),
        }
    )
    time = pl.col(f"{rule.measure.value}_{rule.clock.value}_microseconds")
    timed = (
        tickets.with_columns(on=days)
        .join(rate_of_day, on="on", how="left", nulls_equal=True, maintain_order="left")
        .with_columns(delay_microseconds=pl.when(~pl.col("is_quarantined") & pl.col("is_placed")).then(time))
    )
    minor_units = 10**minor_unit_digits
    exact_rates = [exact or Fraction(0) for exact, _ in rates]
    prices = [Fraction(rule.price_per_hour) * rate * minor_units / MICROSECONDS_PER_HOUR for rate in exact_rates]
    units = _multiply(timed.get_column("delay_microseconds"), prices, timed.get_column("rate_index"))
    is_capped = pl.lit(False)
    if rule.cap_per_ticket is not None:
        caps = [round(Fraction(rule.cap_per_ticket) * rate * minor_units) for rate in exact_rates]
        cap = pl.Series("cap", caps, dtype=pl.Int64).gather(timed.get_column("rate_index"))
        timed = timed.with_columns(cap)
        is_capped = (pl.col("units") > pl.col("cap")).fill_null(False)
    timed = timed.with_columns(units.alias("units")).with_columns(is_capped=is_capped)
    amount = pl.when("is_capped").then("cap").otherwise("units") if rule.cap_per_ticket is not None else pl.col("units")
    return conform(
        timed.with_columns(
            delay_rule=pl.lit(rule.id),
            measure=pl.lit(rule.measure.value),
            clock=pl.lit(rule.clock.value),
            price_per_hour_original=pl.lit(rule.price_per_hour).cast(pl.Decimal(18, 4)),
            currency_code=pl.lit(currency),
            amount_reporting=from_minor_units(amount, minor_unit_digits),
        ),
        fct_ticket_delays,
    )


def _multiply(durations: pl.Series, prices: Sequence[Fraction], price_index: pl.Series) -> pl.Series:
    """Durations times prices, rounded half to even to whole units; empty where either is."""
    longest = int(durations.abs().max() or 0)  # type: ignore[arg-type]
    numerators = [price.numerator for price in prices]
    denominators = [price.denominator for price in prices]
    fits = longest * max(numerators, default=0) < _SAFE_PRODUCT and max(denominators, default=0) < _SAFE_PRODUCT // 2
    if not fits:
        return pl.Series(
            [
                None if duration is None or index is None else round(duration * prices[index])
                for duration, index in zip(durations, price_index, strict=True)
            ],
            dtype=pl.Int64,
        )
    terms = pl.DataFrame(
        {
            "duration": durations.cast(pl.Int128),
            "numerator": pl.Series(numerators, dtype=pl.Int128).gather(price_index),
            "denominator": pl.Series(denominators, dtype=pl.Int128).gather(price_index),
        }
    )
    exact = round_half_even(pl.col("duration") * pl.col("numerator"), pl.col("denominator"))
    return terms.select(exact.cast(pl.Int64)).to_series()
