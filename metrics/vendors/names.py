"""When two names are the same name: vendors, items and order numbers as people write them.

Invoice numbers, where near is near enough, are in `metrics.vendors.invoice_numbers`.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


def comparable(name: pl.Expr) -> pl.Expr:
    """A name without what people do not see in it: upper case, and spaces around or beyond one. Empty stays null."""
    squeezed = name.str.strip_chars().str.replace_all(r"\s+", " ").str.to_lowercase()
    return pl.when(squeezed != "").then(squeezed)


def comparable_item(item: pl.Expr, item_names: Mapping[str, str]) -> pl.Expr:
    """An item by the name that the rate card gives it, comparable.

    Args:
        item_names: `metrics.vendors.policy.VendorPolicy.item_names`.
    """
    name = comparable(item)
    if not item_names:
        return name
    aliases = [" ".join(alias.lower().split()) for alias in item_names]
    return comparable(name.replace(aliases, list(item_names.values())))
