"""What type a column has, with the evidence: the share of its values that a run would be able to read as that type.

Numbers that name something (`invoice number`, `zip`) stay text. What a column means belongs in `mapping`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from pipelines.infer.date_formats import DateReading, is_day_first, read_dates, swap_order
from pipelines.infer.findings import ColumnFinding, Notation
from pipelines.readers import values
from pipelines.words.numbers import count_of

#: Texts that mean "no value" in any column.
_USUAL_NULLS: Final = frozenset(
    (
        "?",
        "n/a",
        "#n/a",
        "na",
        "n.a.",
        "null",
        "(null)",
        "none",
        "nan",
        "nil",
        "-",
        "--",
        ".",
        "\\n",
        "#value!",
        "#ref!",
        "(empty)",
        "(blank)",
        "not available",
        "not applicable",
    )
)
#: Words that are more likely values than absence, unless the column is otherwise of another type.
_RATHER_VALUES: Final = frozenset(("na", "none", "nil", ".", "--", "-"))
_TRUE_WORDS: Final = ("true", "yes", "y", "t")
_FALSE_WORDS: Final = ("false", "no", "n", "f")
_IDENTIFIER: Final = re.compile(
    r"(^|_)(id|ids|number|no|nr|num|key|code|codes|ref|reference|zip|postcode|phone|uri|url|index|account|po|so|case|bbl|serial|cent(?:re|er)|year)(_[0-9]+)?$|^(id|number|key)(_|$)"
)
_QUANTITY: Final = re.compile(
    r"(^|_)(amount|value|cost(?!_cent)|price|net|gross|total|paid|fee|rate|insurance|freight|weight|salary|budget)(_|$)"
)
_TIME_NAME: Final = re.compile(r"(^|_)(at|on|date|time|timestamp|ts|created|updated|closed|opened)(_|$)")
_ENCODED_TIMES: Final = (
    ("excel_serial", 25_569, 73_050, "days as spreadsheets count them"),
    ("epoch_s", 631_152_000, 4_102_444_800, "seconds since 1970"),
    ("epoch_ms", 631_152_000_000, 4_102_444_800_000, "milliseconds since 1970"),
)
_LONGEST_LIST: Final = 300
_FEW: Final = 8
_EXAMPLES: Final = 3


def examine_columns(columns: Sequence[ColumnFinding], distinct: dict[str, pl.DataFrame], notation: Notation) -> None:
    """Fill in type, formats, null texts, evidence and doubts of each column.

    Args:
        distinct: column -> its distinct `text` with its `count`, most frequent first, without nulls.
    """
    for column in columns:
        found = distinct[column.name]
        column.distinct_count = found.height
        column.present_count = int(found["count"].sum())
        if found.is_empty():
            column.evidence.append("Empty in this file.")
            continue
        usual = found.filter(pl.col("text").str.to_lowercase().is_in(sorted(_USUAL_NULLS - _RATHER_VALUES)))
        column.null_texts = dict(usual.rows())
        rest = found.filter(~pl.col("text").is_in(list(column.null_texts)))
        if rest.is_empty():
            column.evidence.append("Nothing but null tokens in this file.")
        elif not (_try_boolean(column, rest) or _try_dates(column, rest) or _try_numbers(column, rest, notation)):
            column.evidence.append(_describe_text(rest))
    _settle_ambiguous_orders(columns)


def _try_boolean(column: ColumnFinding, rest: pl.DataFrame) -> bool:
    words = {text.lower() for text in rest["text"].head(5)}
    if rest.height > 4 or not words <= {*_TRUE_WORDS, *_FALSE_WORDS} or len(words & set(_TRUE_WORDS)) > 1:
        return False
    column.logical_type = "boolean"
    column.evidence.append("Nothing but " + ", ".join(f"{text} ({count:,})" for text, count in rest.rows()) + ".")
    return True


def _try_dates(column: ColumnFinding, rest: pl.DataFrame) -> bool:
    reading = read_dates(rest["text"], rest["count"])
    if reading is None or not _is_typed(rest, reading.parsed):
        return False
    column.logical_type = "timestamp" if reading.has_time else "date"
    column.formats, column.has_offset = reading.formats, reading.has_offset
    kind = "times" if reading.has_time else "dates"
    parsed = int(rest["count"].filter(reading.parsed).sum())
    example = _quote([rest["text"].filter(reading.parsed)[0]])
    column.evidence.append(f"{_share(parsed, rest, kind)} as {_join(reading.formats)}, such as {example}.")
    column.evidence += [f"{sentence[0].upper()}{sentence[1:]}." for sentence in reading.evidence]
    if reading.is_mixed:
        column.doubts.append("day and month stand in both orders; find out which rows are which before you trust any")
    _note_unreadable(column, rest.filter(~reading.parsed), kind)
    _note_two_digit_years(column)
    _note_rival(column, reading)
    return True


def _note_two_digit_years(column: ColumnFinding) -> None:
    if any("%y" in format_ for format_ in column.formats):
        column.evidence.append("Years of two digits: 70 to 99 are read as 19.., others as 20...")


def _note_rival(column: ColumnFinding, reading: DateReading) -> None:
    if reading.rivals:
        column.doubts.append(
            f"day or month first? No value has a number above 12; {_join(reading.rivals)} fits as well"
        )


def _settle_ambiguous_orders(columns: Sequence[ColumnFinding]) -> None:
    """Let the columns that prove an order of day and month speak for those that cannot."""
    proven = Counter(
        is_day_first(format_)
        for column in columns
        for format_ in column.formats
        if swap_order(format_) and not any(doubt.startswith("day ") for doubt in column.doubts)
    )
    for column in columns:
        open_question = [doubt for doubt in column.doubts if doubt.startswith("day or month")]
        if not open_question:
            continue
        by_clock = any("%p" in format_ for format_ in column.formats)
        day_first = proven[True] >= proven[False] if proven else not by_clock
        for written in column.formats:
            _rewrite(column, written, _in_order(written, day_first=day_first))
        if proven[day_first] and not proven[not day_first]:
            column.doubts = [doubt for doubt in column.doubts if not doubt.startswith("day or month")]
            first = "Day" if day_first else "Month"
            column.evidence.append(f"{first} first, as in the other columns of this file; no value here proves it.")


def _rewrite(column: ColumnFinding, old: str, new: str) -> None:
    """Prefer the other reading of a format, in what is said about it too."""
    if old == new:
        return
    column.formats = tuple(new if format_ == old else format_ for format_ in column.formats)
    column.evidence = [sentence.replace(old, new) for sentence in column.evidence]
    column.doubts = [doubt.replace(new, old) for doubt in column.doubts]


def _in_order(format_: str, *, day_first: bool) -> str:
    swapped = swap_order(format_)
    return swapped if swapped is not None and is_day_first(format_) != day_first else format_


def _try_numbers(column: ColumnFinding, rest: pl.DataFrame, notation: Notation) -> bool:
    text = pl.col("text")
    parsed = rest.select(
        values.parse_decimal(
            text,
            decimal_separator=notation.decimal_separator,
            thousands_separator=notation.thousands_separator,
            scale=6,
        ).alias("number"),
        values.parse_integer(text, thousands_separator=notation.thousands_separator).alias("integer"),
        text.str.contains(r"^0[0-9]").alias("padded"),
    )
    is_number = parsed["number"].is_not_null() | parsed["integer"].is_not_null()
    if not _is_typed(rest, is_number):
        return False
    if _names_something(column, rest, parsed):
        return False
    numbers = parsed.filter(is_number)
    is_whole = numbers["integer"].is_not_null().all() and not rest["text"].str.contains(r"[.,][0-9]{1,2}$").any()
    column.logical_type = "integer" if is_whole and not _QUANTITY.search(column.name) else "number"
    count = int(rest["count"].filter(is_number).sum())
    low, high = numbers["number"].min(), numbers["number"].max()
    _note_encoded_time(column, numbers["integer"], low, high)
    column.evidence.append(f"{_share(count, rest, 'numbers')}, {_plain(low)} to {_plain(high)}.")
    negative = int(rest["count"].filter((parsed["number"] < 0).fill_null(False)).sum())
    if negative:
        column.evidence.append(f"{negative:,} are negative.")
    _note_unreadable(column, rest.filter(~is_number), "numbers")
    return True


def _note_encoded_time(column: ColumnFinding, integers: pl.Series, low: object, high: object) -> None:
    """Numbers that are times in disguise, where the header speaks of time."""
    if not _TIME_NAME.search(column.name) or integers.is_empty() or low is None or high is None:
        return
    for name, first, last, what in _ENCODED_TIMES:
        if first <= Decimal(str(low)) and Decimal(str(high)) <= last:
            column.doubts.append(f"are these {what}? Then write logicalType: timestamp and the format {name}")
            return


def _names_something(column: ColumnFinding, rest: pl.DataFrame, parsed: pl.DataFrame) -> bool:
    """Whether the digits are a name: by the header, leading zeros, or because text stands beside them."""
    if _QUANTITY.search(column.name):
        return False
    if bool(parsed["padded"].any()) or _IDENTIFIER.search(column.name):
        return True
    beside = rest.filter(parsed["number"].is_null())
    return beside.height > _FEW and not beside["text"].str.contains(r"\p{L}{3}").all()


def _is_typed(rest: pl.DataFrame, parsed: pl.Series) -> bool:
    """Whether enough values are of a type for the others to be the exceptions: most, or all but a few phrases."""
    rows = int(rest["count"].filter(parsed).sum()) / int(rest["count"].sum())
    strays = int((~parsed).sum())
    return rows >= 0.9 or (rows >= 0.5 and _are_phrases(rest, parsed)) or (rows >= 0.2 and strays <= _FEW < len(parsed))


def _are_phrases(rest: pl.DataFrame, parsed: pl.Series) -> bool:
    return bool(rest["text"].filter(~parsed).str.contains(r"\p{L}{3}").all())


def _note_unreadable(column: ColumnFinding, strays: pl.DataFrame, kind: str) -> None:
    """Take a few frequent texts for null tokens; report the others as what the audit will count."""
    frequent = (
        strays.filter(pl.col("count") >= 2).head(_FEW)
        if strays.height <= _FEW
        else strays.filter(pl.col("count") >= max(20, column.present_count // 200)).head(_FEW)
    )
    if frequent.height:
        column.null_texts = {**column.null_texts, **dict(frequent.rows())}
        listed = ", ".join(f'"{text}" ({count:,})' for text, count in frequent.rows())
        one = frequent.height == 1
        column.doubts.append(
            f"{listed} {'stands' if one else 'stand'} in place of {kind}; the draft takes "
            f"{'it for a null token' if one else 'them for null tokens'}"
        )
    others = strays.filter(~pl.col("text").is_in(frequent["text"].to_list()))
    if others.height:
        rows = int(others["count"].sum())
        column.doubts.append(
            f"{count_of(rows, 'value')} in {count_of(others.height, 'spelling')} cannot be read as {kind}, such as "
            f"{_quote(others['text'].head(2).to_list())}; they are unusable as they stand"
        )


def _describe_text(rest: pl.DataFrame) -> str:
    if rest.height == 1:
        return f'"{_cut(rest["text"][0])}" on each of {count_of(int(rest["count"].sum()), "row")}.'
    listed = "Values: " + ", ".join(f"{_cut(text)} ({count:,})" for text, count in rest.head(12).rows()) + "."
    if rest.height <= 12 and len(listed) <= _LONGEST_LIST:
        return listed
    return f"{rest.height:,} distinct texts, such as {_quote(rest['text'].head(_EXAMPLES).to_list())}."


def _share(parsed: int, rest: pl.DataFrame, kind: str) -> str:
    """How many of the values are of a kind, which is named in the plural."""
    total = int(rest["count"].sum())
    if total == 1:
        return f"The only value is a {kind.removesuffix('s')}"
    if parsed == total:
        return f"All {total:,} values are {kind}"
    return f"{parsed:,} of {total:,} values ({100 * parsed // total} %) are {kind}"


def _join(formats: Sequence[str]) -> str:
    return " or ".join(formats)


def _plain(number: object) -> str:
    text = f"{number:,f}" if number is not None else "?"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cut(text: str, longest: int = 50) -> str:
    flat = re.sub(r"\s+", " ", text)
    return flat if len(flat) <= longest else f"{flat[:longest]}..."


def _quote(texts: Sequence[str]) -> str:
    return ", ".join(f'"{_cut(text)}"' for text in texts)
