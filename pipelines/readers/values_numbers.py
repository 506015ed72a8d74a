"""Text to exact numbers: separators, signs and currencies as ledgers and spreadsheets write them.

No value ever passes through a float. Text is taken apart into sign, whole digits and fraction digits, and only digits
that are known to fit are handed to Polars. Which separators hold is not guessed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from models.currencies import MINOR_UNIT_DIGITS
from pipelines.readers.values_text import clean_text

#: Total digits of a decimal of the warehouse; `scale` of them stand after the point.
PRECISION: Final = 18

_CURRENCY_CODES: Final = "|".join(sorted(MINOR_UNIT_DIGITS))
_CURRENCY: Final = rf"(?:\p{{Sc}}|(?:US|AU|CA|NZ|HK|A|C|S|R)\$|kr\.?|zł|Kč|Ft|Fr\.|{_CURRENCY_CODES})"
_NEGATIVE: Final = r"^[^0-9]*[(\-\u2212]|[\-\u2212][^0-9]*$"
_PLAIN_SCALE: Final = 18
_SEPARATOR_VARIANTS: Final = {" ": " \u00a0\u202f\u2009", "'": "'\u2019"}


@dataclass(frozen=True, slots=True)
class _Notation:
    """How numbers are written: separators, and whether a currency may stand beside them."""

    decimal_separator: str
    thousands_separator: str | None
    allows_currency: bool

    def __post_init__(self) -> None:
        for separator in (self.decimal_separator, self.thousands_separator):
            if separator is not None and (len(separator) != 1 or separator.isalnum() or separator in "+-()"):
                raise ValueError(f"{separator!r} cannot separate digits; use one of '.', ',', ' ' and \"'\".")
        if self.decimal_separator == self.thousands_separator:
            raise ValueError(f"{self.decimal_separator!r} cannot separate both decimals and thousands.")

    @property
    def thousands(self) -> str | None:
        """Character class of the thousands separator and its typographic variants."""
        separator = self.thousands_separator
        return None if separator is None else f"[{re.escape(_SEPARATOR_VARIANTS.get(separator, separator))}]"

    @property
    def plain(self) -> str:
        """Pattern of what most columns hold: short enough for a decimal of 38 digits to take it whole."""
        grouped = f"|[0-9]{{1,3}}(?:{self.thousands}[0-9]{{3}}){{1,5}}" if self.thousands else ""
        return rf"^-?(?:[0-9]{{1,19}}{grouped})(?:{re.escape(self.decimal_separator)}[0-9]{{1,{_PLAIN_SCALE}}})?$"

    @property
    def number(self) -> str:
        """Pattern of an unsigned number with groups: whole digits, fraction, fraction without whole, exponent."""
        grouped = f"[0-9]{{1,3}}(?:{self.thousands}[0-9]{{3}})+|" if self.thousands else ""
        point = re.escape(self.decimal_separator)
        return rf"(?:({grouped}[0-9]+)(?:{point}([0-9]*))?|{point}([0-9]+))(?:[eE]([+\-]?[0-9]{{1,2}}))?"

    @property
    def whole_value(self) -> str:
        """Pattern of a complete value, with at most one mark of its sign."""
        number = re.sub(r"\((?!\?)", "(?:", self.number)
        if not self.allows_currency:
            return rf"^(?:[+\-\u2212]?\s*{number}|{number}\s*[\-\u2212]|\(\s*{number}\s*\))$"
        money = rf"(?:{_CURRENCY}\s*)?{number}(?:\s*{_CURRENCY})?"
        return (
            rf"^(?:[+\-\u2212]?\s*{money}"
            rf"|{_CURRENCY}\s*[+\-\u2212]\s*{number}(?:\s*{_CURRENCY})?"
            rf"|{money}\s*[\-\u2212]"
            rf"|(?:{_CURRENCY}\s*)?{number}\s*[\-\u2212]\s*{_CURRENCY}"
            rf"|(?:{_CURRENCY}\s*)?\(\s*{money}\s*\)(?:\s*{_CURRENCY})?)$"
        )


def parse_decimal(
    column: pl.Expr,
    *,
    decimal_separator: str = ".",
    thousands_separator: str | None = None,
    scale: int = 4,
    null_tokens: Sequence[str] = (),
) -> pl.Expr:
    """Text to `Decimal(18, scale)`, exactly; null where it cannot be read or does not fit.

    Understood besides digits: padding of any kind; one currency sign or ISO 4217 code on either side; a minus before
    or after, `-` or `−`; parentheses for negatives; a leading plus; thousands separators where they belong; an
    exponent. More decimals than `scale` are rounded half to even, which `loses_precision` counts.

    Args:
        thousands_separator: None accepts none. A space stands for all kinds of narrow and fixed space too.

    Raises:
        ValueError: separators that cannot be told apart, or a scale that does not fit.
    """
    if not 0 <= scale <= PRECISION - 1:
        raise ValueError(f"A scale of {scale} does not fit a decimal of {PRECISION} digits.")
    notation = _Notation(decimal_separator, thousands_separator, allows_currency=True)
    read = partial(_read_decimals, notation=notation, scale=scale)
    text = clean_text(column, null_tokens=null_tokens)
    return text.map_batches(read, return_dtype=pl.Decimal(PRECISION, scale), is_elementwise=True)


def loses_precision(
    column: pl.Expr,
    *,
    decimal_separator: str = ".",
    thousands_separator: str | None = None,
    scale: int = 4,
    null_tokens: Sequence[str] = (),
) -> pl.Expr:
    """True where `parse_decimal` with the same arguments reads a value but had to round it. Never null."""
    notation = _Notation(decimal_separator, thousands_separator, allows_currency=True)
    text = clean_text(column, null_tokens=null_tokens)
    find = partial(_find_rounded, notation=notation, scale=scale)
    return text.map_batches(find, return_dtype=pl.Boolean, is_elementwise=True)


def parse_integer(
    column: pl.Expr, *, thousands_separator: str | None = None, null_tokens: Sequence[str] = ()
) -> pl.Expr:
    """Text to Int64; null where it is no whole number or does not fit.

    Signs, thousands and exponents as in `parse_decimal`, without currencies. A fraction of nothing but zeros is
    accepted, as `12.0` is what tools write for an integer beside empty cells.
    """
    decimal_separator = "," if thousands_separator == "." else "."
    notation = _Notation(decimal_separator, thousands_separator, allows_currency=False)
    text = clean_text(column, null_tokens=null_tokens)
    return text.map_batches(partial(_read_integers, notation=notation), return_dtype=pl.Int64, is_elementwise=True)


def _read_decimals(text: pl.Series, notation: _Notation, scale: int) -> pl.Series:
    plain = _plain_values(text, notation)
    exact = plain.cast(pl.Decimal(38, _PLAIN_SCALE), strict=False).round(scale, mode="half_to_even")
    result = exact.cast(pl.Decimal(PRECISION, scale), strict=False)
    if plain.null_count() == text.null_count():
        return result
    parts = _take_apart(text.set(plain.is_not_null(), None), notation)
    # One digit more than the scale, and one that says whether anything but zeros follows it: enough to round by.
    nearby = pl.col("fraction").str.slice(0, scale + 1).str.pad_end(scale + 1, "0")
    beyond = pl.col("fraction").str.slice(scale + 1).str.contains("[1-9]").cast(pl.Int8).cast(pl.String)
    written = pl.concat_str(_sign(), _whole_digits(PRECISION), pl.lit("."), nearby, beyond)
    rounded = written.cast(pl.Decimal(38, scale + 2), strict=False).round(scale, mode="half_to_even")
    return result.zip_with(plain.is_not_null(), parts.select(rounded.cast(result.dtype, strict=False)).to_series())


def _find_rounded(text: pl.Series, notation: _Notation, scale: int) -> pl.Series:
    plain = _plain_values(text, notation)
    rounded = plain.str.contains(rf"\.[0-9]{{{scale}}}[0-9]*[1-9]").fill_null(False)
    if plain.null_count() != text.null_count():
        parts = _take_apart(text.set(plain.is_not_null(), None), notation)
        surplus = pl.col("fraction").str.slice(scale).str.contains("[1-9]").fill_null(False)
        rounded = rounded | parts.select(surplus).to_series()
    return rounded & _read_decimals(text, notation, scale).is_not_null() if rounded.any() else rounded


def _read_integers(text: pl.Series, notation: _Notation) -> pl.Series:
    parsed = text.str.contains(r"^-?[0-9]{1,18}$")
    result = text.set(~parsed, None).cast(pl.Int64, strict=False)
    if result.null_count() == text.null_count():
        return result
    parts = _take_apart(text.set(parsed, None), notation)
    is_whole = ~pl.col("fraction").str.contains("[1-9]")
    written = pl.when(is_whole).then(pl.concat_str(_sign(), _whole_digits(19)))
    return result.zip_with(result.is_not_null(), parts.select(written.cast(pl.Int64, strict=False)).to_series())


def _plain_values(text: pl.Series, notation: _Notation) -> pl.Series:
    """The values that need no taking apart, brought to a point for decimals and no thousands; others null."""
    plain = text.set(~text.str.contains(notation.plain), None)
    if notation.thousands is not None:
        plain = plain.str.replace_all(notation.thousands, "")
    if notation.decimal_separator != ".":
        plain = plain.str.replace(notation.decimal_separator, ".", literal=True)
    return plain


def _take_apart(text: pl.Series, notation: _Notation) -> pl.DataFrame:
    """Columns `negative`, `whole` and `fraction` (digits, the exponent applied); null where the text is no number."""
    valid = pl.when(pl.col("text").str.contains(notation.whole_value)).then(pl.col("text"))
    # The point of an abbreviated currency is none of the number.
    amount = pl.col("valid").str.replace(r"(?:kr|Fr)\.", "")
    lead = rf"^[^0-9{re.escape(notation.decimal_separator)}]*"
    parts = (
        text.alias("text")
        .to_frame()
        .select(valid.alias("valid"))
        .with_columns(
            pl.col("valid").str.contains(_NEGATIVE).alias("negative"),
            amount.str.extract_groups(lead + notation.number).alias("groups"),
        )
        .unnest("groups")
    )
    whole = pl.col("1").str.replace_all("[^0-9]", "") if notation.thousands else pl.col("1")
    present = pl.col("valid").is_not_null()
    frame = parts.select(
        "negative",
        pl.when(present).then(whole.fill_null("")).alias("whole"),
        pl.when(present).then(pl.coalesce("2", "3", pl.lit(""))).alias("fraction"),
        pl.col("4").str.strip_prefix("+").cast(pl.Int32, strict=False).alias("exponent"),
    )
    return _apply_exponents(frame) if frame["exponent"].count() else frame.drop("exponent")


def _apply_exponents(parts: pl.DataFrame) -> pl.DataFrame:
    """Move the point: digits go from the fraction to the whole or the other way."""
    exponent = pl.col("exponent").fill_null(0)
    right, left = exponent.clip(lower_bound=0).cast(pl.UInt32), (-exponent).clip(lower_bound=0).cast(pl.UInt32)
    padded = parts.with_columns(
        pl.col("whole").str.pad_start(left, "0"),
        pl.col("fraction").str.pad_end(right, "0"),
        right.alias("right"),
        (pl.col("whole").str.pad_start(left, "0").str.len_chars() - left).alias("kept"),
    )
    return padded.select(
        "negative",
        pl.concat_str(
            pl.col("whole").str.slice(0, pl.col("kept")), pl.col("fraction").str.slice(0, pl.col("right"))
        ).alias("whole"),
        pl.concat_str(pl.col("whole").str.slice(pl.col("kept")), pl.col("fraction").str.slice(pl.col("right"))).alias(
            "fraction"
        ),
    )


def _sign() -> pl.Expr:
    return pl.when(pl.col("negative")).then(pl.lit("-")).otherwise(pl.lit(""))


def _whole_digits(longest: int) -> pl.Expr:
    """Digits before the point without leading zeros; null where there are more than could ever fit."""
    digits = pl.col("whole").str.strip_chars_start("0")
    return pl.when(digits.str.len_chars() == 0).then(pl.lit("0")).when(digits.str.len_chars() <= longest).then(digits)
