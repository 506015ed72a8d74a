"""Lines of money that are totals of other lines, by what they say and by what they come to.

A word alone is believed only where it stands in place of an account, a cost centre or a number: somebody may well be
called Total. A sum alone is believed only of the first or last line of a file, if it is larger than each of at least
five others. Statistics and drift do not belong here, nor totals that a contract names (`pipelines.staging`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

#: Texts that say nothing but that their row is a total, in the words that spreadsheets and ledgers write.
WORD: Final = (
    r"(?i)^\W*(?:(?:grand|sub|overall|report|sous|inter|eind|end|zwischen|gesamt)[\s-]*)?"
    r"(?:totals?|totale|totaal|totaux|summen?)(?:[\s-]+(?:general|général|generale|complessivo|amount|sum|costs?))?"
    r"[\s:.=*-]*\d*\W*$|^\W*gesamt(?:ergebnis|betrag|kosten)?\W*$"
)
#: `Travel Total`, `Total for Travel`: the group is the first one that matched.
_OF_GROUP: Final = (
    r"(?i)^\W*(.+?)[\s-]+(?:sub-?)?totals?\W*$|^\W*(?:sub-?)?totals?[\s:-]+(?:of\s+|for\s+)?(.+?)\W*$"
    r"|^\W*(.+?)[\s-]+(?:ergebnis|summe)\W*$"
)
#: A sum of fewer others may be equal by chance.
_FEWEST_OTHERS: Final = 5
_MINOR: Final = 10_000

TOTAL_SCHEMA: Final = pl.Schema(
    {"load_id": pl.String, "row_number": pl.Int64, "column": pl.String, "text": pl.String, "other_count": pl.Int64}
)


def find_words(lines: pl.DataFrame, *, places: Sequence[str]) -> pl.DataFrame:
    """The lines of which a place says that they are totals, by `TOTAL_SCHEMA`; sums are not looked at.

    For plans, whose figures may well be the sums of others: a plan for a group has the amounts of its parts.

    Args:
        lines: `load_id`, `row_number`, and the columns of `places`.
        places: columns in which a word for a total is enough, such as account.
    """
    told = lines.unpivot(places, index=["load_id", "row_number"], variable_name="column", value_name="text")
    found = told.filter(pl.col("text").str.contains(WORD)).unique(["load_id", "row_number"], keep="first")
    found = found.with_columns(pl.lit(None, pl.Int64).alias("other_count"))
    return found.select(TOTAL_SCHEMA.names()).sort("load_id", "row_number")


def find_totals(
    lines: pl.DataFrame, *, key: str, document: str, places: Sequence[str], texts: Sequence[str]
) -> pl.DataFrame:
    """The lines that are totals, and by what they are known.

    Args:
        lines: all lines of some loads: `load_id`, `row_number`, `source`, `currency_code`, `amount_original`, and the
            columns that are named by the other arguments.
        key: column of the key, qualified by its source where the export has one.
        document: column of the journal or invoice, whose lines may have a total of their own.
        places: columns in which a word for a total is enough, such as account.
        texts: further columns, in which it is not.

    Returns:
        `TOTAL_SCHEMA`: `column` that says it and its `text`; or, where only the amount says it, neither, and the number
        of lines that it is the sum of.
    """
    amount = (pl.col("amount_original") * _MINOR).cast(pl.Int64)
    number = pl.col(key).str.strip_prefix(pl.concat_str("source", pl.lit(":")))
    of_file, of_document = ["load_id", "currency_code"], ["load_id", "currency_code", document]
    judged = (
        lines.filter(pl.col("amount_original").is_not_null())
        .sort("load_id", "row_number")
        .with_columns(amount.alias("_amount"), number.alias("_number"))
        .with_columns(
            pl.col("_amount").sum().over(of_file).alias("_sum"),
            pl.col("_amount").cum_sum().over(of_file).alias("_running"),
            pl.len().over(of_file).alias("_count"),
            (pl.col("_amount").abs().top_k(2).min().over(of_file)).alias("_second"),
            (pl.col("row_number") == pl.col("row_number").max().over(of_file)).alias("_is_last"),
            (pl.col("row_number") == pl.col("row_number").min().over(of_file)).alias("_is_first"),
            pl.col("_amount").sum().over(of_document).alias("_document_sum"),
            pl.len().over(of_document).alias("_document_count"),
        )
    )
    for name in places:
        judged = _mark_groups(judged, name)
    at_end = pl.col("_is_last") | pl.col("_is_first")
    is_rest = (pl.col("_amount") * 2 == pl.col("_sum")) & (pl.col("_amount") != 0)
    is_sum = is_rest & at_end & (pl.col("_count") > _FEWEST_OTHERS) & (pl.col("_amount").abs() > pl.col("_second"))
    is_some_sum = (pl.col("_amount") != 0) & (
        is_rest
        | (pl.col("_amount") * 2 == pl.col("_running"))
        | ((pl.col("_amount") * 2 == pl.col("_document_sum")) & (pl.col("_document_count") > 2))
    )
    nowhere = pl.all_horizontal(_says_nothing(pl.col(name)) for name in [*places, document])
    says = [(name, _says(pl.col(name)) | pl.col(f"_{name}")) for name in places]
    says += [(document, _says(pl.col(document))), ("_number", _says(pl.col("_number")))]
    says += [(name, _says(pl.col(name)) & (is_some_sum | (at_end & nowhere))) for name in texts]
    column = pl.coalesce(pl.when(said).then(pl.lit(name)) for name, said in says)
    text = pl.coalesce(pl.when(said).then(pl.col(name)) for name, said in says)
    found = judged.with_columns(column.alias("column"), text.alias("text"), is_sum.fill_null(False).alias("_is_sum"))
    return found.filter(pl.col("column").is_not_null() | pl.col("_is_sum")).select(
        pl.col("load_id"),
        pl.col("row_number"),
        pl.col("column").replace("_number", key),
        pl.col("text"),
        pl.when("_is_sum").then(pl.col("_count").cast(pl.Int64) - 1).alias("other_count"),
    )


def _says(text: pl.Expr) -> pl.Expr:
    return text.str.contains(WORD).fill_null(False)


def _says_nothing(text: pl.Expr) -> pl.Expr:
    return text.is_null() | _says(text) | (text.str.strip_chars() == "")


def _mark_groups(judged: pl.DataFrame, name: str) -> pl.DataFrame:
    """`_<name>`: whether a text is the total of a group that the file has lines of, as `Travel Total` of `Travel`."""
    group = pl.coalesce(pl.col(name).str.extract(_OF_GROUP, index) for index in (1, 2, 3)).str.to_lowercase()
    groups = judged.select("load_id", pl.col(name).str.to_lowercase().alias("_group")).drop_nulls().unique()
    marked = judged.with_columns(group.alias("_group")).join(
        groups.with_columns(pl.lit(True).alias(f"_{name}")), on=["load_id", "_group"], how="left", maintain_order="left"
    )
    return marked.drop("_group").with_columns(pl.col(f"_{name}").fill_null(False))
