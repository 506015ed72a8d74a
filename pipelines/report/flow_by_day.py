"""How work arrived, moved and left day by day, read once for the reports of all periods.

The view adds up all days since the first ticket, whichever of them are asked for: of a million events that takes more
than a second.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb

from pipelines.report.asking import Answer, ask


class FlowByDay:
    """The answers to `cumulative_flow_by_day` on one published file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._all: Answer | None = None

    def between(self, first: date, last: date) -> Answer:
        """What the question answers for these days, the first and the last included."""
        if self._all is None:
            self._all = ask(self._connection, "cumulative_flow_by_day")
        return replace(
            self._all,
            parameters={"from_date": first.isoformat(), "to_date": last.isoformat()},
            rows=tuple(row for row in self._all.rows if first <= row["day_date"] <= last),
        )
