"""What a credit line gives back: things that were returned, or a price that was too high.

Both may have the same quantity. `-40 x 120` takes forty back, `-40 x 11.25` lowers the price of forty that stay: held
against the rate card as a return it would look as if 108.75 of each were still owed. The price that is credited tells,
by what was billed and agreed before.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.vendors.rate_cards import multiply_quantities
from models.vocabulary import InvoiceMatch

_PRICE: Final = pl.Decimal(18, 8)
_STORED: Final = pl.Decimal(18, 4)
#: Decimal places that prices have, the usual first: which of them one has that only amount and quantity tell.
_USUAL_PLACES: Final = (2, 3, 4, 6, 8)
_THING: Final = ["vendor_name", "item_name", "currency"]


def judge_credits(lines: pl.DataFrame) -> pl.DataFrame:
    """State, agreed price and contracted amount of matched lines, of which credits are held against earlier bills.

    Explained is a credit by every one of these, of the same vendor, item and currency, that is dated no later:

    - a return at the agreed price: its contracted amount is its own;
    - a return at a price that was billed: contracted is the quantity at the price that was agreed for that bill;
    - a corrected price: each, or a whole line, was billed too high by just that. Contracted is 0: nothing goes back.

    What comes to one contracted amount is taken. A credit without an explanation, or with several that differ, has no
    contracted amount: it is unclear how much of it is a price.

    Args:
        lines: `line`, `match_state`, the three columns of a thing, `invoice_date`, `quantity`, `amount_original`,
            `billed_unit_price`, and `unit_price`: the one that is agreed.

    Returns:
        One row for each line, in order of `line`: match_state, contract_unit_price_original and contracted_original.
    """
    priced = lines.sort("line").with_columns(
        unit_price=pl.when(pl.col("match_state") == InvoiceMatch.MATCHED.value).then("unit_price")
    )
    priced = priced.with_columns(_times(priced, "quantity", "unit_price").alias("contracted"))
    is_credit = (pl.col("amount_original") < 0) & (pl.col("quantity") != 0) & pl.col("contracted").is_not_null()
    credits_ = _with_price(priced.filter(is_credit))
    bills = _with_price(
        priced.filter(pl.col("amount_original") > 0, pl.col("quantity") > 0, pl.col("contracted").is_not_null())
    )
    explained = _explain(credits_, bills)
    judged = priced.join(explained, on="line", how="left", maintain_order="left")
    # What is no credit has no explanation, and needs none.
    count = pl.when(is_credit).then(pl.col("explanation_count").fill_null(0))
    state = (
        pl.when(count.is_null())
        .then("match_state")
        .when(count != 1)
        .then(pl.lit(InvoiceMatch.CREDIT_UNCLEAR.value))
        .when("is_correction")
        .then(pl.lit(InvoiceMatch.PRICE_CORRECTION.value))
        .otherwise("match_state")
    )
    return judged.select(
        match_state=state,
        contract_unit_price_original=pl.when(count.is_null())
        .then("unit_price")
        .when(count == 1)
        .then("explained_price"),
        contracted_original=pl.when(count.is_null()).then("contracted").when(count == 1).then("explained_amount"),
    )


def _explain(credits_: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    """How many contracted amounts explain each credit; and of one alone that amount, its price, and its kind."""
    is_return, is_correction = {"is_correction": pl.lit(False)}, {"is_correction": pl.lit(True)}
    names = ("line", "explained_price", "explained_amount", "is_correction")
    at_agreed = credits_.filter(pl.col("contracted").abs() == -pl.col("amount_original")).select(
        "line", explained_price="unit_price", explained_amount="amount_original", **is_return
    )
    billed = bills.group_by(*_THING, "price", agreed="unit_price").agg(earliest_bill=_first_day())
    returned = _join_earlier(credits_, billed, "price", "price")
    returned = returned.with_columns(
        explained_amount=-_times(returned, "quantity", "agreed").abs(), explained_price="agreed", **is_return
    )
    too_high = bills.filter(pl.col("price") > pl.col("unit_price")).select(
        *_THING, "invoice_date", too_high=pl.col("price") - pl.col("unit_price")
    )
    by_piece = _join_earlier(
        credits_, too_high.group_by(*_THING, "too_high").agg(earliest_bill=_first_day()), "price", "too_high"
    )
    whole = bills.select(*_THING, "invoice_date", too_high=pl.col("amount_original") - pl.col("contracted"))
    whole = whole.filter(pl.col("too_high") > 0).group_by(*_THING, "too_high").agg(earliest_bill=_first_day())
    at_once = _join_earlier(credits_.with_columns(credited=-pl.col("amount_original")), whole, "credited", "too_high")
    nothing = {"explained_price": pl.lit(None, dtype=_PRICE), "explained_amount": pl.lit(0, dtype=_STORED)}
    corrected = [frame.with_columns(**nothing, **is_correction) for frame in (by_piece, at_once)]
    found = [
        frame.select(names).cast({"explained_price": _PRICE, "explained_amount": _STORED})
        for frame in (at_agreed, returned, *corrected)
    ]
    return (
        pl.concat(found)
        .group_by("line")
        .agg(
            explanation_count=pl.col("explained_amount").n_unique(),
            explained_price=pl.col("explained_price").first(),
            explained_amount=pl.col("explained_amount").first(),
            is_correction=pl.col("is_correction").first(),
        )
    )


def _first_day() -> pl.Expr:
    """The first day of some bills; none if one of them has none, so that it may lie before any."""
    day = pl.col("invoice_date")
    return pl.when(day.null_count() == 0).then(day.min())


def _join_earlier(credits_: pl.DataFrame, bills: pl.DataFrame, left: str, right: str) -> pl.DataFrame:
    found = credits_.with_columns(held=pl.col(left).cast(_PRICE)).join(
        bills.with_columns(held=pl.col(right).cast(_PRICE)), on=[*_THING, "held"], suffix="_of_bill"
    )
    return found.filter((pl.col("earliest_bill") <= pl.col("invoice_date")).fill_null(True))


def _with_price(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `price`: what one costs by the line's amount, spelt as the line spells it if that comes to the amount.

    A line without a unit price, or with one that its amount contradicts, as after a discount, has the one of fewest
    decimal places that comes to its amount: 2,710.31 for 20.65 is 131.25 of each.
    """
    amount, quantity = pl.col("amount_original").abs(), pl.col("quantity").abs()
    quotient = (amount.cast(pl.Float64) / quantity.cast(pl.Float64)).fill_nan(None)
    held = pl.when(quotient < 10**9).then(quotient)
    prices = [pl.col("billed_unit_price").abs(), *(held.round(places) for places in _USUAL_PLACES)]
    candidates = lines.with_columns(
        price.cast(_PRICE, strict=False).alias(f"price_{number}") for number, price in enumerate(prices)
    )
    fits = [
        pl.when(_times(candidates, "quantity", f"price_{number}").abs() == candidates["amount_original"].abs()).then(
            f"price_{number}"
        )
        for number in range(len(prices))
    ]
    return lines.with_columns(candidates.select(price=pl.coalesce(*fits, f"price_{len(prices) - 1}")).to_series())


def _times(lines: pl.DataFrame, quantity: str, price: str) -> pl.Series:
    return multiply_quantities(lines[quantity], lines[price], lines["currency"]).cast(_STORED)
