"""What a published file says of itself: which run made it, for whom, and until when its data reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class PublicationFacts:
    """The one row of `meta.run`.

    Attributes:
        as_of_at: the data's own clock; None while no data came.
        currency: code of the reporting currency.
        time_zone: in which days, weeks and months are cut.
    """

    publication_id: str
    run_id: str
    published_at: datetime
    as_of_at: datetime | None
    content_hash: str
    currency: str
    time_zone: str
    home_name: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How far tickets, finance, deliveries or invoices reach: the clock, and the last day of which they tell; None
    where there are none.

    Attributes:
        domain: whose data they are.
        data_end_date: the day on which the data end, where somebody chose a later clock; else None.
    """

    data: str
    as_of_at: datetime | None
    last_date: date | None
    domain: str
    data_end_date: date | None = None


def read_publication(connection: duckdb.DuckDBPyConnection) -> PublicationFacts | None:
    """What the file says of itself; None if it does not."""
    row = connection.execute(
        """
        SELECT publication_id, run_id, published_at, as_of_at, content_hash, reporting_currency_code,
               reporting_time_zone, home_name
        FROM meta.run
        """
    ).fetchone()
    return PublicationFacts(*row) if row is not None else None


def read_reaches(connection: duckdb.DuckDBPyConnection) -> list[Reach]:
    """How far each kind of data reaches, in the order in which they are told."""
    rows = connection.execute(
        "SELECT data, as_of_at, last_date, domain, data_end_date FROM meta.data_clocks ORDER BY rowid"
    ).fetchall()
    return [Reach(*row) for row in rows]
