"""Where what is published can be read: what a semantic export has to know of one home."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where the published numbers of a home are.

    Attributes:
        published_file: path of the published DuckDB file.
        currency: ISO 4217 code of all reporting amounts.
        home_name: what the home is called.
    """

    published_file: str = "home/published/kpi.duckdb"
    currency: str = "EUR"
    home_name: str = "operations"
