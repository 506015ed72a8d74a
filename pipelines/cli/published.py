"""Reading the published file: the only database that commands ask for numbers.

It is opened read-only, without access to other files or the network, and only for as long as a command reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING

from pipelines.cli.exits import CommandError
from pipelines.published.publication import PublicationFacts, Reach, read_publication

if TYPE_CHECKING:
    import duckdb

    from pipelines.home import Home


@contextmanager
def open_published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, for reading. Tables of `mart`, `core` and `meta` need no schema before their name.

    Raises:
        CommandError: nothing is published yet, the file cannot be opened, or another version of this program wrote it
            and what is asked for is not in it.
    """
    import duckdb

    from pipelines.lost_links import lost_links
    from pipelines.published.opening import open_published_file

    if not home.published_file.is_file():
        for lost in lost_links(home):
            if home.name_of(home.published) in lost.file:
                raise CommandError(str(lost))
        raise CommandError(
            f"Nothing is published yet: there is no {home.published_file}. "
            "Run 'kpi run'; if it has run, 'kpi status' says what is held and why."
        )
    try:
        opened = open_published_file(home.published_file)
    except duckdb.Error as error:
        raise CommandError(_not_opened(home, error)) from error
    with closing(opened) as connection:
        try:
            yield connection
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            hint = tell_other_version(connection)
            if not hint:
                raise
            raise CommandError(f"{hint} Missing is: {str(error).splitlines()[0]}") from error


def _not_opened(home: Home, error: duckdb.Error) -> str:
    """Why the published file cannot be opened, and what to do."""
    from pipelines.database_files import OpeningFault, holder_of, opening_fault

    again = "remove it and run 'kpi run', which publishes it again"
    match opening_fault(error):
        case OpeningFault.IN_USE:
            return (
                f"{home.published_file} is open for writing in another program{holder_of(error)}. Close it there, and "
                "open it read-only from now on: read_only=True, or duckdb -readonly."
            )
        case OpeningFault.NEWER:
            return (
                f"{home.published_file} was written by a later version of this program, and this one cannot read it. "
                f"Use that version, or {again}."
            )
        case OpeningFault.DAMAGED:
            return f"{home.published_file} is damaged, or no DuckDB database: {again}."
        case OpeningFault.OTHER:
            told = str(error).splitlines()[0]
            return f"{home.published_file} cannot be opened for reading: {told} If it is nothing else, {again}."


def tell_other_version(connection: duckdb.DuckDBPyConnection) -> str:
    """What to do about a file that was published by other code than this, which may lack tables and columns that this
    has; empty if it was published by this."""
    import duckdb

    from pipelines.fingerprint import code_hash

    try:
        written_by = connection.execute("SELECT code_hash FROM meta.run").fetchone()
    except duckdb.Error:
        written_by = None
    if written_by is not None and written_by[0] == code_hash():
        return ""
    return (
        "What is published was computed by another version of this program and may lack what this version has: "
        "'kpi run' publishes it again."
    )


def publication_of(connection: duckdb.DuckDBPyConnection) -> PublicationFacts:
    """What the published file says of itself.

    Raises:
        CommandError: it does not.
    """
    publication = read_publication(connection)
    if publication is None:
        raise CommandError("The published file does not say which run made it: 'kpi run' publishes it again.")
    return publication


def first_month(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The first day of the first month of which any KPI has a value; None if none has."""
    query = "SELECT min(period_start_date) FROM mart.metric_values WHERE period_grain = 'month' AND value IS NOT NULL"
    found = connection.execute(query).fetchone()
    return found[0] if found else None


def describe_reaches(reaches: Sequence[Reach]) -> str:
    """Until when data reach, one kind after the other: `data until: tickets 2026-11-15, finance 2026-09-30`; empty
    if there are none. Of a chosen as-of: `data until: tickets 2026-09-22 (measured as of 2026-10-02)`."""
    known = [
        f"{reach.data} {reach.data_end_date} (measured as of {reach.last_date})"
        if reach.data_end_date
        else f"{reach.data} {reach.last_date}"
        for reach in reaches
        if reach.last_date is not None
    ]
    return f"data until: {', '.join(known)}" if known else ""
