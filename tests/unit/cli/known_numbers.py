"""Numbers that the published file of these tests holds, known by heart."""

from __future__ import annotations

from datetime import date

#: Cost per transaction by month, with a gap: June 2026 has no row.
COSTS = {date(2026, month, 1): 20.0 + month for month in (1, 2, 3, 4, 5, 7, 8, 9, 10)}
