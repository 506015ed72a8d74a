"""From landed text to typed values: the one door to the expressions that type a column.

Everything is a Polars expression over whole columns. A value that does not follow the stated format becomes null and
`problem` tells it from an absent one; nothing is guessed. Which format, separator or zone holds for a column is the
contract's knowledge and does not belong here; finding them out for an unknown export is `pipelines.infer`.
"""

from __future__ import annotations

from data_contracts.time_formats import SPECIAL_FORMATS, check_format
from pipelines.readers.values_numbers import loses_precision, parse_decimal, parse_integer
from pipelines.readers.values_text import FALSE_TOKENS, PADDING, TRUE_TOKENS, clean_text, parse_boolean, problem
from pipelines.readers.values_times import (
    is_ambiguous,
    is_nonexistent,
    parse_date,
    parse_instant,
    read_instant,
)

__all__ = [
    "FALSE_TOKENS",
    "PADDING",
    "SPECIAL_FORMATS",
    "TRUE_TOKENS",
    "check_format",
    "clean_text",
    "is_ambiguous",
    "is_nonexistent",
    "loses_precision",
    "parse_boolean",
    "parse_date",
    "parse_decimal",
    "parse_instant",
    "parse_integer",
    "problem",
    "read_instant",
]
