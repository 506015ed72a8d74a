"""Which contract covers each billed line, at which price, and by how much the bill differs.

A purchase order that names a contract decides; else vendor and days do. What cannot be decided is said by the line's
`match_state`, one of `models.vocabulary.InvoiceMatch`, and has no contracted price: it is never taken for right.
Nor has a credit note for a missed promise, which `metrics.vendors.service_credits` accounts for. Whether another credit
takes things back or a price is decided in `metrics.vendors.price_credits`.
Orders themselves are in `metrics.vendors.purchase_orders`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from metrics.vendors.credit_policy import matches
from metrics.vendors.names import comparable, comparable_item
from metrics.vendors.policy import VendorPolicy
from metrics.vendors.price_credits import judge_credits
from models.vocabulary import ContractState, InvoiceMatch

#: Stands for the end of what nothing ends.
_NEVER: Final = date(9999, 12, 31)
_STORED: Final = pl.Decimal(18, 4)
#: States of a line that no contract covers, though its vendor and day are known.
OFF_CONTRACT: Final = (
    InvoiceMatch.NO_CONTRACT,
    InvoiceMatch.BEFORE_TERM,
    InvoiceMatch.BETWEEN_TERMS,
    InvoiceMatch.AFTER_TERM,
)
#: States of a line of which nobody can say whether a contract covers it.
UNDECIDED: Final = (
    InvoiceMatch.NO_VENDOR,
    InvoiceMatch.NO_DATE,
    InvoiceMatch.PARTLY_IN_TERM,
    InvoiceMatch.CONTRACT_UNCLEAR,
    InvoiceMatch.SEVERAL_CONTRACTS,
)


def billed_days(invoice_date: str = "invoice_date") -> tuple[pl.Expr, pl.Expr]:
    """First and last day that a line is for: its service period, or its invoice date if it has none.

    A service period that lacks an end, or ends before it begins, counts as none.
    """
    start, end = pl.col("service_start_date"), pl.col("service_end_date")
    is_period = (start <= end).fill_null(False)
    return pl.when(is_period).then(start).otherwise(invoice_date), pl.when(is_period).then(end).otherwise(invoice_date)


def match_contracts(
    lines: pl.DataFrame, contracts: pl.DataFrame, rates: pl.DataFrame, policy: VendorPolicy
) -> pl.DataFrame:
    """Add contract, state, contracted price and amount, and variance in the original currency to billed lines.

    A contract covers a line if its term holds all billed days (`billed_days`). Where several do, the one whose rate
    card alone has the item is taken. The contracted amount is quantity times price, rounded as invoices are
    (`multiply_quantities`); what a credit takes back is in `metrics.vendors.price_credits`.

    Args:
        lines: `stg_vendor_invoice_lines` with `order_contract_id`: the contract of the purchase order, if that names
            one.
        contracts: `fct_vendor_contracts`.
        rates: `fct_vendor_rates`.

    Returns:
        The lines in their order with vendor_contract_id, match_state, contract_unit_price_original,
        contracted_original and rate_card_variance_original.
    """
    first, last = billed_days()
    keyed = lines.with_row_index("line").select(
        "line",
        "order_contract_id",
        "quantity",
        "amount_original",
        "invoice_date",
        billed_unit_price="unit_price_original",
        vendor_name=comparable(pl.col("vendor")),
        item_name=comparable_item(pl.col("item"), policy.item_names),
        currency=pl.col("currency_code").str.strip_chars().str.to_uppercase(),
        first_day=first,
        last_day=last,
        is_service_credit=_gives_service_credit(lines, policy),
    )
    cards = rates.with_columns(item_name=comparable_item(pl.col("item"), policy.item_names))
    covered = _find_contracts(keyed, contracts, cards)
    priced = _find_prices(covered, contracts, cards)
    found = priced.with_columns(match_state=_state()).sort("line")
    found = found.drop("match_state").with_columns(judge_credits(found))
    variance = pl.col("amount_original") - pl.col("contracted_original")
    return lines.with_columns(
        found["vendor_contract_id"],
        found["match_state"],
        found["contract_unit_price_original"],
        found["contracted_original"],
        found.select(variance.cast(_STORED).alias("rate_card_variance_original")).to_series(),
    )


def _find_contracts(keyed: pl.DataFrame, contracts: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    """Add `vendor_contract_id` and `cover`: the state by vendor and days alone, or null if a contract covers them."""
    terms = contracts.select(
        "vendor_contract_id",
        vendor_name=comparable(pl.col("vendor")),
        start="start_date",
        end=pl.col("end_date").fill_null(_NEVER),
        is_unclear=pl.col("contract_state") == ContractState.UNCLEAR.value,
        contradicts=pl.col("contradictory_columns"),
    )
    by_order = keyed.filter(pl.col("order_contract_id").is_not_null()).join(
        terms.drop("vendor_name"), left_on="order_contract_id", right_on="vendor_contract_id"
    )
    by_order = by_order.with_columns(vendor_contract_id="order_contract_id", cover=_relation_to_term())
    rest = keyed.join(by_order.select("line"), on="line", how="anti")
    days = ["vendor_name", "first_day", "last_day"]
    cases = rest.select(days).unique()
    candidates = cases.join(terms, on="vendor_name")
    covers = ~pl.col("is_unclear") & (pl.col("start") <= pl.col("first_day")) & (pl.col("last_day") <= pl.col("end"))
    touches = ~pl.col("is_unclear") & (pl.col("start") <= pl.col("last_day")) & (pl.col("first_day") <= pl.col("end"))
    candidates = candidates.with_columns(covers=covers.fill_null(False), touches=touches.fill_null(False))
    judged = candidates.group_by(days).agg(
        covering_count=pl.col("covers").sum(),
        touching_count=pl.col("touches").sum(),
        only_covering=pl.col("vendor_contract_id").filter("covers").first(),
        only_touching=pl.col("vendor_contract_id").filter("touches").first(),
        has_unclear=pl.col("is_unclear").any(),
        earliest=pl.col("start").filter(~pl.col("is_unclear")).min(),
        latest=pl.col("end").filter(~pl.col("is_unclear")).max(),
    )
    # Among several contracts that cover the days, the item may tell.
    with_item = (
        rest.select(*days, "item_name")
        .unique()
        .join(candidates.filter("covers").select(*days, "vendor_contract_id"), on=days)
        .join(cards.select("vendor_contract_id", "item_name").unique(), on=["vendor_contract_id", "item_name"])
        .group_by(*days, "item_name")
        .agg(item_count=pl.len(), by_item=pl.col("vendor_contract_id").first())
    )
    by_days = rest.join(judged, on=days, how="left").join(with_item, on=[*days, "item_name"], how="left")
    chosen = (
        pl.when(pl.col("covering_count") == 1)
        .then("only_covering")
        .when((pl.col("covering_count") > 1) & (pl.col("item_count") == 1))
        .then("by_item")
        .when((pl.col("covering_count") == 0) & (pl.col("touching_count") == 1))
        .then("only_touching")
    )
    by_days = by_days.with_columns(vendor_contract_id=chosen, cover=_relation_to_contracts())
    kept = [*keyed.columns, "vendor_contract_id", "cover"]
    return pl.concat([by_order.select(kept), by_days.select(kept)])


def _relation_to_term() -> pl.Expr:
    """How the billed days lie to the term of the contract that an order names."""
    first, last = pl.col("first_day"), pl.col("last_day")
    return _first_that_holds(
        (pl.col("vendor_name").is_null(), InvoiceMatch.NO_VENDOR),
        (first.is_null(), InvoiceMatch.NO_DATE),
        (pl.col("is_unclear"), InvoiceMatch.CONTRACT_UNCLEAR),
        (last < pl.col("start"), InvoiceMatch.BEFORE_TERM),
        (first > pl.col("end"), InvoiceMatch.AFTER_TERM),
        ((first < pl.col("start")) | (last > pl.col("end")), InvoiceMatch.PARTLY_IN_TERM),
    )


def _relation_to_contracts() -> pl.Expr:
    """How the billed days lie to the terms of all contracts with the vendor."""
    covering, touching = pl.col("covering_count"), pl.col("touching_count")
    return _first_that_holds(
        (pl.col("vendor_name").is_null(), InvoiceMatch.NO_VENDOR),
        (pl.col("first_day").is_null(), InvoiceMatch.NO_DATE),
        (covering.is_null(), InvoiceMatch.NO_CONTRACT),
        ((covering == 0) & pl.col("has_unclear"), InvoiceMatch.CONTRACT_UNCLEAR),
        ((covering == 0) & (touching > 0), InvoiceMatch.PARTLY_IN_TERM),
        ((covering == 0) & (pl.col("last_day") < pl.col("earliest")), InvoiceMatch.BEFORE_TERM),
        ((covering == 0) & (pl.col("first_day") > pl.col("latest")), InvoiceMatch.AFTER_TERM),
        (covering == 0, InvoiceMatch.BETWEEN_TERMS),
        ((covering > 1) & (pl.col("item_count").fill_null(0) != 1), InvoiceMatch.SEVERAL_CONTRACTS),
    )


def _find_prices(covered: pl.DataFrame, contracts: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    """Add what the rate card says of the item on the billed days: `unit_price` if it is one price on all of them."""
    asked = ["vendor_contract_id", "item_name", "first_day", "last_day"]
    card = ["vendor_contract_id", "item_name"]
    cases = covered.filter(pl.col("cover").is_null()).select(asked).unique()
    prices = cards.select(
        *card,
        "unit_price_original",
        price_start="price_start_date",
        price_end=pl.col("price_end_date").fill_null(_NEVER),
    ).unique()
    in_force = (
        cases.join(prices, on=card)
        .with_columns(
            held_from=pl.max_horizontal("first_day", "price_start"), held_to=pl.min_horizontal("last_day", "price_end")
        )
        .filter(pl.col("held_from") <= pl.col("held_to"))
        .group_by(asked)
        .agg(
            price_count=pl.col("unit_price_original").n_unique(),
            unit_price=pl.col("unit_price_original").first(),
            held_days=((pl.col("held_to") - pl.col("held_from")).dt.total_days() + 1).sum(),
        )
    )
    known = cards.select(card).unique().with_columns(is_in_card=pl.lit(True))
    currencies = contracts.select("vendor_contract_id", contract_currency="currency_code")
    return (
        covered.join(currencies, on="vendor_contract_id", how="left")
        .join(known, on=card, how="left")
        .join(in_force, on=asked, how="left")
    )


def _state() -> pl.Expr:
    billed = (pl.col("last_day") - pl.col("first_day")).dt.total_days() + 1
    contract_currency = pl.col("contract_currency").str.strip_chars().str.to_uppercase()
    after_cover = _first_that_holds(
        (pl.col("amount_original").is_null(), InvoiceMatch.NO_AMOUNT),
        (contract_currency.is_null(), InvoiceMatch.CONTRACT_UNCLEAR),
        (pl.col("currency").ne_missing(contract_currency), InvoiceMatch.OTHER_CURRENCY),
        (pl.col("is_in_card").is_null(), InvoiceMatch.NOT_IN_RATE_CARD),
        (pl.col("held_days").fill_null(0) < billed, InvoiceMatch.NO_PRICE_IN_FORCE),
        (pl.col("price_count") > 1, InvoiceMatch.SEVERAL_PRICES),
        (pl.col("quantity").is_null(), InvoiceMatch.NO_QUANTITY),
    )
    # A credit for a missed promise is priced by no rate card, and is often given after the term.
    no_credit = [InvoiceMatch.NO_VENDOR.value, InvoiceMatch.NO_CONTRACT.value]
    is_credit = pl.col("is_service_credit") & ~pl.col("cover").is_in(no_credit).fill_null(False)
    credit = pl.when(is_credit).then(pl.lit(InvoiceMatch.SERVICE_CREDIT.value))
    return pl.coalesce(credit, "cover", after_cover, pl.lit(InvoiceMatch.MATCHED.value))


def _gives_service_credit(lines: pl.DataFrame, policy: VendorPolicy) -> pl.Series:
    """Whether a line is a credit note by which a vendor gives a service credit, by the terms of any contract."""
    patterns = tuple({pattern for terms in policy.credits for pattern in terms.credit_notes})
    items = lines.select(pl.col("item").unique())["item"]
    named = items.filter(pl.Series([matches(item, patterns) for item in items], dtype=pl.Boolean))
    return lines.select(
        ((pl.col("amount_original") < 0) & pl.col("item").is_in(named.implode())).fill_null(False).alias("is_credit")
    ).to_series()


def _first_that_holds(*cases: tuple[pl.Expr, InvoiceMatch]) -> pl.Expr:
    """The state of the first condition that holds; null if none does."""
    return pl.coalesce(pl.when(condition).then(pl.lit(state.value)) for condition, state in cases)
