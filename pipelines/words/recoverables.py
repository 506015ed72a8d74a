"""What of the money to recover could not be measured, and why, in the words that report and dashboard share.

That nothing was found is another thing than that nothing could be measured: the first is a 0 of
`mart.vendor_money_to_recover`, the second is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.words.numbers import count_of


def describe_unmeasured(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """How much could not be measured and why, and of how many vendors nothing could; empty if all was measured.

    `3 more cases of 2 vendors could not be measured: the vendor has no contract in the register. Of 1 vendor nothing
    could be.`

    Args:
        rows: answers of `money_to_recover`, a row for each vendor.
    """
    unmeasured = [row for row in rows if row["unmeasured_count"]]
    if not unmeasured:
        return ()
    cases = count_of(sum(row["unmeasured_count"] for row in unmeasured), "case")
    more = cases if is_nothing_measured(rows) else cases.replace(" ", " more ", 1)
    reasons = dict.fromkeys(
        reason for row in unmeasured for reason in (row["unmeasured_reasons"] or "").split("; ") if reason
    )
    why = f": {'; '.join(sorted(reasons))}" if reasons else ""
    told = f"{more} of {count_of(len(unmeasured), 'vendor')} could not be measured{why}."
    unknown = sum(row["recoverable_reporting"] is None for row in rows)
    if not unknown or is_nothing_measured(rows):
        return (told,)
    return (told, f"Of {count_of(unknown, 'vendor')} nothing could be, so nobody knows whether anything is owed.")


def is_nothing_measured(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there are cases, and none of them could be measured."""
    return bool(rows) and all(row["recoverable_reporting"] is None for row in rows)


def describe_nothing(rows: Sequence[Mapping[str, Any]], whence: str = "") -> str:
    """That nothing is to be recovered as far as is known, or that nobody knows, as a sentence.

    Args:
        rows: answers of `money_to_recover`, none of which has any money.
        whence: from whom and of when, as ` from vendors over the twelve months to October 2026`.
    """
    if is_nothing_measured(rows):
        return f"Whether anything is to be recovered{whence} is not known: nothing could be measured."
    return f"Nothing is known to be recovered{whence}."
