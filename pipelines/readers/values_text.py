"""What counts as text at all: padding, null tokens, words for true and false, and values that could not be used.

Numbers and times have modules of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

TRUE_TOKENS: Final = ("true", "t", "yes", "y", "1")
FALSE_TOKENS: Final = ("false", "f", "no", "n", "0")

#: What is no part of a value at its ends: Unicode's white space, and the two invisible marks that spreadsheets and
#: concatenated exports leave in fields.
PADDING: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
)


def clean_text(column: pl.Expr, *, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """Text without padding; null where it is blank or a null token.

    Args:
        null_tokens: texts that mean "no value", compared without padding and without regard to case.
    """
    tokens = "|".join(sorted({pl.escape_regex(token.strip(PADDING)) for token in null_tokens}))
    # A pattern for absence costs a tenth of lowering the case of a million values.
    is_absent = column.str.contains(f"(?i)^[{PADDING}]*(?:{tokens})?[{PADDING}]*$")
    return pl.when(~is_absent).then(column.str.strip_chars(PADDING))


def parse_boolean(
    column: pl.Expr,
    *,
    true_tokens: Sequence[str] = TRUE_TOKENS,
    false_tokens: Sequence[str] = FALSE_TOKENS,
    null_tokens: Sequence[str] = (),
) -> pl.Expr:
    """Text to Boolean by two lists of words, compared without padding and without regard to case.

    An empty list stands for the usual words. A null token is null even if a list holds it.
    """
    word = clean_text(column, null_tokens=null_tokens).str.to_lowercase()
    is_true = word.is_in(_lower_all(true_tokens or TRUE_TOKENS))
    is_false = word.is_in(_lower_all(false_tokens or FALSE_TOKENS))
    return pl.when(is_true).then(True).when(is_false).then(False)


def problem(text: pl.Expr, parsed: pl.Expr, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """True where text is present, neither blank nor a null token, and yet nothing was parsed from it. Never null."""
    return clean_text(text, null_tokens=null_tokens).is_not_null() & parsed.is_null()


def _lower_all(tokens: Sequence[str]) -> list[str]:
    return [token.strip(PADDING).lower() for token in tokens]
