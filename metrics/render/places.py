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
        postgres_server: host, and port after a colon, of the PostgreSQL server that tools without a driver for DuckDB
            read from.
        postgres_database: database on it.
        postgres_schema: schema in it that has what the published file has in `mart`.
    """

    published_file: str = "home/published/kpi.duckdb"
    currency: str = "EUR"
    home_name: str = "operations"
    postgres_server: str = "localhost:5432"
    postgres_database: str = "kpi"
    postgres_schema: str = "mart"
