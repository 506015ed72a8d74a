"""`fct_invoice_duplicate_suspects`: invoices that may have been sent before, with how much money is at stake.

A suspicion takes nothing out of any sum. A charge that recurs is none: the same amount every month under another number
is not suspected, and neither are two bills for different days. How numbers are compared is in
`metrics.vendors.invoice_numbers`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

import polars as pl

from metrics.vendors.invoice_numbers import (
    SHORTEST_WITH_TYPING_ERROR,
    by_parts,
    is_next_number,
    is_typing_error,
    spellings_with_gap,
    stem,
    without_signs,
)
from metrics.vendors.names import comparable
from metrics.vendors.policy import DuplicatePolicy
from models.ddl import polars_schema
from models.vendor_ledger import fct_invoice_duplicate_suspects
from models.vocabulary import DuplicateReason, DuplicateState

_STRENGTH: Final = {reason: rank for rank, reason in enumerate(DuplicateReason)}
_INVOICE: Final = ["source", "vendor_name", "number", "invoice_date", "currency"]


class _Pair(NamedTuple):
    """Two invoices by their position in order of date, and what speaks for their being one."""

    first: int
    second: int
    reason: DuplicateReason


def find_duplicates(invoice_lines: pl.DataFrame, policy: DuplicatePolicy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Suspected duplicates, and the billed lines with `duplicate_at_stake_reporting`.

    Lines of one source, vendor, number, date and currency are one invoice. Two invoices of one vendor and currency with
    amounts above 0 are suspected to be one if their amounts agree, their dates lie within the window, they do not bill
    different days, and their numbers are alike. The later one is the suspect, held against the earlier one whose
    number is most like its own. A credit note over the amount of either, dated on or after the earlier one, takes the
    suspicion of one pair away: its state is `credited`.

    Args:
        invoice_lines: `fct_vendor_invoice_lines`.

    Returns:
        `fct_invoice_duplicate_suspects` in order of the later date, and the lines in their order.
    """
    keyed = invoice_lines.with_row_index("line").with_columns(
        vendor_name=comparable(pl.col("vendor")),
        number=pl.col("invoice_id").str.strip_chars(),
        currency=pl.col("currency_code").str.strip_chars().str.to_uppercase(),
    )
    invoices = _gather_invoices(keyed)
    bills = invoices.filter(pl.col("amount_original") > 0).with_row_index("position")
    pairs = _choose_pairs(_pairs(bills, policy))
    credit_notes = invoices.filter(pl.col("amount_original") < 0)
    suspects = _describe(pairs, bills, credit_notes)
    at_stake = [
        row["second"] for row in suspects.iter_rows(named=True) if row["duplicate_state"] == DuplicateState.OPEN.value
    ]
    lines = _put_at_stake(invoice_lines, keyed, invoices, bills[at_stake])
    schema = polars_schema(fct_invoice_duplicate_suspects)
    return suspects.select(pl.col(name).cast(type_) for name, type_ in schema.items()), lines


def _gather_invoices(keyed: pl.DataFrame) -> pl.DataFrame:
    """Invoices of which everything is known that is compared, in order of date and number."""
    start, end = pl.col("service_start_date"), pl.col("service_end_date")
    has_days = (start <= end).fill_null(False).all()
    orders = pl.col("purchase_order_id").drop_nulls().unique()
    known = keyed.filter(pl.all_horizontal(pl.col(_INVOICE).is_not_null()), pl.col("number") != "")
    return (
        known.group_by(_INVOICE)
        .agg(
            pl.col("vendor").first(),
            pl.col("amount_original").sum(),
            pl.when(pl.col("amount_reporting").is_not_null().all()).then(pl.col("amount_reporting").sum()),
            first_day=pl.when(has_days).then(start.min()),
            last_day=pl.when(has_days).then(end.max()),
            order=pl.when(orders.len() == 1).then(orders.first()),
            is_usable=(pl.col("amount_original").is_not_null() & ~pl.col("is_quarantined")).all(),
        )
        .filter("is_usable")
        .with_columns(plain=without_signs(pl.col("number")), parted=by_parts(pl.col("number")))
        .sort("invoice_date", pl.col("plain").str.len_chars(), "number", "source", "vendor_name", "currency")
    )


def _pairs(bills: pl.DataFrame, policy: DuplicatePolicy) -> list[_Pair]:
    """All pairs that are near enough in amount and date, bill no different days, and have numbers alike."""
    compared = bills
    if policy.amount_tolerance_ratio == 0:
        # Without a tolerance only amounts that occur more than once can be of a pair: far fewer numbers to compare.
        compared = bills.filter(pl.len().over("vendor_name", "currency", "amount_original") > 1)
    compared = compared.with_columns(
        recurring_count=pl.len().over("vendor_name", "currency", "amount_original"),
        stem=stem(pl.col("plain")),
    )
    found: dict[tuple[int, int], DuplicateReason] = {}
    spelt = spellings_with_gap(
        compared.filter(pl.col("plain").str.len_chars() >= SHORTEST_WITH_TYPING_ERROR).select(
            "position", "vendor_name", "currency", "plain"
        ),
        "plain",
    )
    # The weakest evidence first, so that a stronger one takes its place.
    for reason, keys, key in (
        (DuplicateReason.TYPING_ERROR, spelt, "spelling"),
        (DuplicateReason.ADDED_LETTERS, compared, "stem"),
        (DuplicateReason.WRITTEN_DIFFERENTLY, compared, "parted"),
        (DuplicateReason.WRITTEN_DIFFERENTLY, compared, "plain"),
        (DuplicateReason.SAME_NUMBER, compared, "number"),
    ):
        for one, other in _near_pairs(keys, key, compared, policy):
            if _is_evidence(reason, one, other, policy):
                found[one["position"], other["position"]] = reason
    return [_Pair(first, second, reason) for (first, second), reason in found.items()]


def _near_pairs(
    keys: pl.DataFrame, key: str, compared: pl.DataFrame, policy: DuplicatePolicy
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs that share a key, are near in date and amount and bill no different days; the earlier one first."""
    names = keys.select("position", "vendor_name", "currency", key)
    facts = compared.select(
        "position", "invoice_date", "amount_original", "first_day", "last_day", "order", "plain", "recurring_count"
    )
    candidates = (
        names.join(names, on=["vendor_name", "currency", key], suffix="_other")
        .filter(pl.col("position") < pl.col("position_other"))
        .select("position", "position_other")
        .unique()
        .join(facts, on="position")
        .join(facts, left_on="position_other", right_on="position", suffix="_other")
    )
    apart = (pl.col("invoice_date_other") - pl.col("invoice_date")).dt.total_days()
    bill_other_days = (pl.col("last_day") < pl.col("first_day_other")) | (
        pl.col("last_day_other") < pl.col("first_day")
    )
    near = candidates.filter(apart <= policy.window_days, ~bill_other_days.fill_null(False)).sort(
        "position", "position_other"
    )
    names_of_one = [name for name in near.columns if not name.endswith("_other")]
    return [
        (
            {name: row[name] for name in names_of_one},
            {name: row[f"{name}_other"] for name in names_of_one},
        )
        for row in near.iter_rows(named=True)
        if _is_amount_alike(row["amount_original"], row["amount_original_other"], policy)
    ]


def _is_amount_alike(one: Decimal, other: Decimal, policy: DuplicatePolicy) -> bool:
    return abs(Fraction(one) - Fraction(other)) <= Fraction(policy.amount_tolerance_ratio) * Fraction(max(one, other))


def _is_evidence(reason: DuplicateReason, one: dict[str, Any], other: dict[str, Any], policy: DuplicatePolicy) -> bool:
    """Whether two numbers that share a key are alike by this reason."""
    if reason is DuplicateReason.ADDED_LETTERS:
        # 123A and 123B are two numbers of a series; 123 and 123A are one with letters added.
        return len(one["plain"]) != len(other["plain"])
    if reason is not DuplicateReason.TYPING_ERROR:
        return True
    if not is_typing_error(one["plain"], other["plain"]):
        return False
    if one["order"] is not None and other["order"] is not None and one["order"] != other["order"]:
        return False
    days = [(invoice["first_day"], invoice["last_day"]) for invoice in (one, other)]
    if days[0][0] is not None and days[0] == days[1]:
        return True
    return (
        not is_next_number(one["plain"], other["plain"])
        and (other["invoice_date"] - one["invoice_date"]).days <= policy.typing_error_days
        and one["recurring_count"] < policy.recurring_count
    )


def _choose_pairs(pairs: list[_Pair]) -> list[_Pair]:
    """For each later invoice the earlier one with the number most like its own, of several the nearest."""
    chosen: dict[int, _Pair] = {}
    for pair in pairs:
        known = chosen.get(pair.second)
        if known is None or (_STRENGTH[pair.reason], -pair.first) < (_STRENGTH[known.reason], -known.first):
            chosen[pair.second] = pair
    return [chosen[second] for second in sorted(chosen)]


def _describe(pairs: list[_Pair], bills: pl.DataFrame, credit_notes: pl.DataFrame) -> pl.DataFrame:
    """A row per pair, with the credit note that clears it."""
    rows_of_pairs = {row["position"]: row for row in bills[sorted({p for pair in pairs for p in pair[:2]})].to_dicts()}
    credits_of: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for credit in credit_notes.iter_rows(named=True):
        credits_of[credit["vendor_name"], credit["currency"]].append(credit)
    groups: dict[int, int] = {}
    described = []
    for pair in pairs:
        first, second = rows_of_pairs[pair.first], rows_of_pairs[pair.second]
        # The earlier invoice of a pair comes before the later one, so that its own group is known already.
        groups[pair.second] = groups.get(pair.first, pair.first)
        note = _take_credit_note(first, second, credits_of[first["vendor_name"], first["currency"]])
        described.append(
            {
                "second": pair.second,
                "duplicate_suspect_id": _invoice_id(second),
                "duplicate_group_id": _invoice_id(rows_of_pairs[groups[pair.second]]),
                "vendor": second["vendor"],
                "reason": pair.reason.value,
                **{f"first_{name}": value for name, value in _named(first).items()},
                **{f"second_{name}": value for name, value in _named(second).items()},
                "apart_days": (second["invoice_date"] - first["invoice_date"]).days,
                "amount_original": second["amount_original"],
                "currency_code": second["currency"],
                "amount_reporting": second["amount_reporting"],
                "duplicate_state": (DuplicateState.CREDITED if note else DuplicateState.OPEN).value,
                "credit_invoice_id": note["number"] if note else None,
                "credit_invoice_date": note["invoice_date"] if note else None,
            }
        )
    schema = {"second": pl.UInt32(), **polars_schema(fct_invoice_duplicate_suspects)}
    return pl.DataFrame(described, schema=schema, orient="row")


def _named(invoice: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": invoice["source"],
        "invoice_id": invoice["number"],
        "invoice_date": invoice["invoice_date"],
    }


def _invoice_id(invoice: dict[str, Any]) -> str:
    return "/".join(str(invoice[name]) for name in ("source", "vendor", "number", "invoice_date", "currency"))


def _take_credit_note(
    first: dict[str, Any], second: dict[str, Any], notes: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The credit note that takes one of two invoices back, taken off the list so that it clears only this pair.

    One that names either number goes first, then the earliest.
    """
    usable = [
        note
        for note in notes
        if -note["amount_original"] in (first["amount_original"], second["amount_original"])
        and note["invoice_date"] >= first["invoice_date"]
        and not _bills_other_days(note, second)
    ]
    if not usable:
        return None

    def rank(note: dict[str, Any]) -> tuple[bool, date]:
        names_one = any(invoice["plain"] in note["plain"] for invoice in (first, second))
        return not names_one, note["invoice_date"]

    taken = min(usable, key=rank)
    notes.remove(taken)
    return taken


def _bills_other_days(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one["first_day"] is None or other["first_day"] is None:
        return False
    return bool(one["last_day"] < other["first_day"] or other["last_day"] < one["first_day"])


def _put_at_stake(
    invoice_lines: pl.DataFrame, keyed: pl.DataFrame, invoices: pl.DataFrame, suspects: pl.DataFrame
) -> pl.DataFrame:
    """Lines of suspected invoices with their amount, others with 0, and those that could not be judged with none."""
    judged = (
        keyed.select("line", *_INVOICE, "amount_reporting")
        .join(invoices.select(*_INVOICE, is_judged=pl.lit(True)), on=_INVOICE, how="left")
        .join(suspects.select(*_INVOICE, is_suspect=pl.lit(True)), on=_INVOICE, how="left")
        .sort("line")
    )
    nothing = pl.lit(0).cast(pl.Decimal(18, 4))
    at_stake = (pl.when(pl.col("is_suspect")).then("amount_reporting").when(pl.col("is_judged")).then(nothing)).alias(
        "duplicate_at_stake_reporting"
    )
    return invoice_lines.with_columns(judged.select(at_stake).to_series())
