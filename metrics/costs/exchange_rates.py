"""Which exchange rate converts which line, and the converted amounts.

Rates are kept as exact fractions until an amount has been multiplied and rounded once. An inverse rate cut to the
eight decimals that tables hold would be wrong by euros on a million yen; so an amount is divided by the quoted rate,
as an accountant does. `fx_rate` shows the rate that was used, to eight decimals.

The arithmetic of rounding is in `metrics.costs.money`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

import polars as pl

from metrics.costs.money import multiply_amounts

_RATE_PLACES: Final = 8
_RATE_TYPE: Final = pl.Decimal(18, _RATE_PLACES)
#: Rates are stored as DECIMAL(18,8): ten digits before the point.
_RATE_LIMIT: Final = 10**10


class FxRateRule(StrEnum):
    """Which exchange rate converts a line."""

    POSTING_DATE = "posting_date"
    PERIOD_AVERAGE = "period_average"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class FxPolicy:
    """How amounts reach the reporting currency.

    Attributes:
        rate: the rate of the posting date, the mean of the quoted rates of the posting month, or the fixed ones.
        fixed: for `rate: fixed`, units of reporting currency for one unit of each currency.
        max_age_days: for `rate: posting_date`, how many days before that date the nearest earlier rate may lie.
    """

    rate: FxRateRule = FxRateRule.POSTING_DATE
    fixed: Mapping[str, Decimal] = field(default_factory=dict)
    max_age_days: int = 7


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Units of one currency for one unit of another, exact, and the day whose rate it is."""

    ratio: Fraction
    rate_date: date | None

    @property
    def shown(self) -> Decimal:
        """The ratio as tables show it: to eight decimals, ties to even."""
        return Decimal(round(self.ratio * 10**_RATE_PLACES)).scaleb(-_RATE_PLACES)


#: (base, quote, posting date) -> units of quote for one unit of base, as quoted in that direction.
_Quoted = Callable[[str, str, date], ExchangeRate | None]


def convert_to_reporting(
    lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    policy: FxPolicy,
    date_column: str,
    reporting_currency: str,
    minor_unit_digits: int,
) -> pl.DataFrame:
    """Add `fx_rate`, `fx_rate_date` and `amount_reporting` to lines that have `amount_original` and `currency_code`.

    The same currency has a rate of exactly 1. Otherwise the rate is the one that `policy` names: quoted directly or
    inversely, whichever is of the later day (direct on a tie); failing both, through the third currency whose older
    leg is the most recent (alphabetically first on a tie). Where there is none, `fx_rate` and `amount_reporting` stay
    null, and so does an amount that 18 digits do not hold. The order of the lines is kept.

    Args:
        fx_rates: `stg_fx_rates`. Rates that are not above 0 count as missing.
        date_column: the posting or invoice date that decides the rate.
    """
    find_rate = _rate_finder(fx_rates, policy, reporting_currency.strip().upper())
    keys = lines.select(
        pl.col("currency_code").str.strip_chars().str.to_uppercase().alias("currency"),
        pl.col(date_column).alias("on"),
    )
    pairs = keys.unique(maintain_order=True)
    rates: list[ExchangeRate] = []
    positions: list[int | None] = []
    for currency, on in pairs.iter_rows():
        rate = find_rate(currency, on) if currency else None
        positions.append(None if rate is None else len(rates))
        if rate is not None:
            rates.append(rate)
    pairs = pairs.with_columns(rate_index=pl.Series(positions, dtype=pl.UInt32))
    rate_index = keys.join(
        pairs, on=["currency", "on"], how="left", nulls_equal=True, maintain_order="left"
    ).get_column("rate_index")
    shown = pl.Series([rate.shown for rate in rates], dtype=_RATE_TYPE)
    days = pl.Series([rate.rate_date for rate in rates], dtype=pl.Date)
    amounts = multiply_amounts(
        lines.get_column("amount_original"), [rate.ratio for rate in rates], rate_index, minor_unit_digits
    )
    return lines.with_columns(
        fx_rate=shown.gather(rate_index), fx_rate_date=days.gather(rate_index), amount_reporting=amounts
    )


def find_missing_rates(
    needed: pl.DataFrame, fx_rates: pl.DataFrame, *, policy: FxPolicy, reporting_currency: str
) -> pl.DataFrame:
    """The currencies and days for which `convert_to_reporting` has no rate.

    Args:
        needed: currency_code and needed_date, each pair once; a pair without either needs no rate.

    Returns:
        The rows of `needed` that have no rate, the code in capitals.
    """
    find_rate = _rate_finder(fx_rates, policy, reporting_currency.strip().upper())
    pairs = needed.with_columns(pl.col("currency_code").str.strip_chars().str.to_uppercase()).drop_nulls()
    is_missing = [
        find_rate(currency, on) is None for currency, on in pairs.select("currency_code", "needed_date").iter_rows()
    ]
    return pairs.filter(pl.Series(is_missing, dtype=pl.Boolean))


def find_rates_to_reporting(
    pairs: Sequence[tuple[str, date | None]],
    fx_rates: pl.DataFrame,
    *,
    policy: FxPolicy,
    reporting_currency: str,
) -> list[tuple[Fraction | None, Decimal | None]]:
    """Units of reporting currency for one unit of each currency on each day, as `convert_to_reporting` finds them.

    Returns:
        For each pair the exact rate and what tables show of it, to eight decimals; both None where there is none.
    """
    find_rate = _rate_finder(fx_rates, policy, reporting_currency.strip().upper())
    found = [find_rate(currency.strip().upper(), on) for currency, on in pairs]
    return [(None, None) if rate is None else (rate.ratio, rate.shown) for rate in found]


def find_first_rates(
    pairs: Sequence[tuple[str, date | None]],
    fx_rates: pl.DataFrame,
    *,
    policy: FxPolicy,
    reporting_currency: str,
) -> list[ExchangeRate | None]:
    """Units of reporting currency for one unit of each currency on each day or, where there is no rate of that day, on
    the first later day of which there is one.

    Later rates that come in change nothing, unless there was none before.

    Returns:
        For each pair the rate; None where there is none on that day or later, or no day.
    """
    find_rate = _rate_finder(fx_rates, policy, reporting_currency.strip().upper())
    days: defaultdict[str, set[date]] = defaultdict(set)
    for pair, by_day in _collect_quotes(fx_rates).items():
        for code in pair:
            days[code].update(by_day)

    def find(currency: str, on: date | None) -> ExchangeRate | None:
        later = sorted(day for day in days[currency] if on is not None and day > on)
        return next((rate for day in (on, *later) if (rate := find_rate(currency, day)) is not None), None)

    codes = [(currency.strip().upper(), on) for currency, on in pairs]
    found = {pair: find(*pair) for pair in dict.fromkeys(codes)}
    return [found[pair] for pair in codes]


def _rate_finder(
    fx_rates: pl.DataFrame, policy: FxPolicy, reporting_currency: str
) -> Callable[[str, date | None], ExchangeRate | None]:
    """How to find the reporting currency's rate for a currency and posting date under a policy."""
    fixed = {code.strip().upper(): Fraction(value) for code, value in policy.fixed.items()}
    quotes = _collect_quotes(fx_rates)
    currencies = sorted({code for pair in quotes for code in pair})
    if policy.rate is FxRateRule.PERIOD_AVERAGE:
        quoted = _quote_month_averages(quotes)
    else:
        quoted = _quote_nearest_earlier(quotes, timedelta(days=policy.max_age_days))

    def find(currency: str, on: date | None) -> ExchangeRate | None:
        if currency == reporting_currency:
            return ExchangeRate(Fraction(1), None)
        if policy.rate is FxRateRule.FIXED:
            rate = ExchangeRate(fixed[currency], None) if currency in fixed else None
        elif on is None:
            rate = None
        else:
            rate = _find_either_way(quoted, currency, reporting_currency, on) or _find_through_third(
                quoted, currencies, currency, reporting_currency, on
            )
        return rate if rate is not None and 0 < rate.ratio < _RATE_LIMIT else None

    return find


def _collect_quotes(fx_rates: pl.DataFrame) -> dict[tuple[str, str], dict[date, Fraction]]:
    """Usable quotes by pair, in order of days. Of several for one pair and day the first source's first row holds."""
    quotes: dict[tuple[str, str], dict[date, Fraction]] = defaultdict(dict)
    usable = (
        fx_rates.select(
            pl.col("base_currency_code", "quote_currency_code").str.strip_chars().str.to_uppercase(),
            "rate_date",
            "fx_rate",
            "source",
            "row_number",
        )
        .filter(pl.col("fx_rate") > 0)
        .drop_nulls(["base_currency_code", "quote_currency_code", "rate_date"])
        .sort("rate_date", "source", "row_number", "fx_rate")
    )
    for base, quote, day, rate, _, _ in usable.iter_rows():
        quotes[base, quote].setdefault(day, Fraction(rate))
    return dict(quotes)


def _quote_nearest_earlier(quotes: Mapping[tuple[str, str], Mapping[date, Fraction]], max_age: timedelta) -> _Quoted:
    """Look up the quote of the day itself or of the nearest earlier day that is not too old."""
    days = {pair: list(by_day) for pair, by_day in quotes.items()}

    def quoted(base: str, quote: str, on: date) -> ExchangeRate | None:
        known = days.get((base, quote), [])
        position = bisect_right(known, on) - 1
        if position < 0 or on - known[position] > max_age:
            return None
        return ExchangeRate(quotes[base, quote][known[position]], known[position])

    return quoted


def _quote_month_averages(quotes: Mapping[tuple[str, str], Mapping[date, Fraction]]) -> _Quoted:
    """Look up the mean of all quotes of the calendar month; its day is the last day that entered the mean."""
    by_month: dict[tuple[str, str, int, int], list[tuple[date, Fraction]]] = defaultdict(list)
    for (base, quote), by_day in quotes.items():
        for day, rate in by_day.items():
            by_month[base, quote, day.year, day.month].append((day, rate))
    averages = {
        key: ExchangeRate(sum((rate for _, rate in entries), Fraction(0)) / len(entries), entries[-1][0])
        for key, entries in by_month.items()
    }

    def quoted(base: str, quote: str, on: date) -> ExchangeRate | None:
        return averages.get((base, quote, on.year, on.month))

    return quoted


def _find_either_way(quoted: _Quoted, base: str, quote: str, on: date) -> ExchangeRate | None:
    """The direct rate or the inverse of the opposite one, whichever is of the later day."""
    direct = quoted(base, quote, on)
    opposite = quoted(quote, base, on)
    if opposite is None or (direct is not None and _day_of(direct) >= _day_of(opposite)):
        return direct
    return ExchangeRate(1 / opposite.ratio, opposite.rate_date)


def _find_through_third(quoted: _Quoted, currencies: list[str], base: str, quote: str, on: date) -> ExchangeRate | None:
    """The rate through one third currency, of the day of its older leg."""
    best: ExchangeRate | None = None
    for third in currencies:
        first = _find_either_way(quoted, base, third, on)
        second = _find_either_way(quoted, third, quote, on) if first is not None else None
        if first is None or second is None:
            continue
        day = min(_day_of(first), _day_of(second))
        if best is None or day > _day_of(best):
            best = ExchangeRate(first.ratio * second.ratio, day)
    return best


def _day_of(rate: ExchangeRate) -> date:
    return rate.rate_date or date.min
