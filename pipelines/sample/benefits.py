"""What the change of the network vendor brought: savings that the controllers accepted, month by month, as a small CSV.

The savings are drawn up from what the change cost, so that it pays back with the third of them: two fifths of the cost
a month. One claim was taken back and entered again, as it happens.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.sample.company import REPORTING_CURRENCY, TROUBLED_TEAM
from pipelines.sample.ledger import VENDOR_CHANGE, LedgerLine
from pipelines.sample.plan import to_cents
from pipelines.sample.span import Span
from pipelines.sample.summary import InitiativeTotals, SampleFile

EXPORT: Final = "initiative_benefits"
COLUMNS: Final = ("claim", "initiative", "date", "team", "text", "amount", "currency")
_SAVED_SHARE: Final = Decimal("0.4")
_DAY_OF_MONTH: Final = 10


class BenefitClaim(NamedTuple):
    """A saving in the reporting currency; one that is taken back is negative."""

    claim: str
    day: date
    text: str
    amount: Decimal


def draw_benefits(span: Span, ledger: Iterable[LedgerLine]) -> list[BenefitClaim]:
    """A claim on the tenth of each month after the change, as far as the span goes; the first is entered twice."""
    saved = to_cents(_SAVED_SHARE * sum((line.amount for line in _tagged(ledger)), Decimal(0)))
    claims = []
    for month in span.months:
        day = month + timedelta(days=_DAY_OF_MONTH - 1)
        if month > span.bad_month and day <= span.last:
            text = f"Fewer expedited visits, {month:%m/%Y}"
            claims.append(BenefitClaim(f"S-{month:%Y%m}", day, text, saved))
            if len(claims) == 1:
                back = day + timedelta(days=2)
                claims.append(BenefitClaim(f"S-{month:%Y%m}-X", back, f"Taken back: {text}", -saved))
                claims.append(BenefitClaim(f"S-{month:%Y%m}-2", back, text, saved))
    return [claim for claim in claims if claim.day <= span.last]


def write_benefits(landing: Path, claims: list[BenefitClaim]) -> list[SampleFile]:
    """Write all claims into one file."""
    folder = landing / EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    path = f"{EXPORT}/accepted_claims.csv"
    with (landing / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for claim in claims:
            writer.writerow(
                (claim.claim, VENDOR_CHANGE, claim.day.isoformat(), TROUBLED_TEAM, claim.text, claim.amount,
                 REPORTING_CURRENCY)
            )  # fmt: skip
    return [SampleFile(EXPORT, path, {"benefit_claims": len(claims)})]


def total_initiative(ledger: Iterable[LedgerLine], claims: Iterable[BenefitClaim]) -> InitiativeTotals:
    """What the change cost and brought, and the day on which it had paid back."""
    movements = [(line.posting_date, line.amount, Decimal(0)) for line in _tagged(ledger)]
    movements += [(claim.day, Decimal(0), claim.amount) for claim in claims]
    cost = benefit = Decimal(0)
    payback: date | None = None
    for day in sorted({movement[0] for movement in movements}):
        cost += sum((paid for when, paid, _ in movements if when == day), Decimal(0))
        benefit += sum((brought for when, _, brought in movements if when == day), Decimal(0))
        if payback is None and 0 < cost <= benefit:
            payback = day
    return InitiativeTotals(VENDOR_CHANGE, cost, benefit, payback)


def _tagged(ledger: Iterable[LedgerLine]) -> list[LedgerLine]:
    """The lines of the change; all of them are in the reporting currency."""
    return [line for line in ledger if line.initiative == VENDOR_CHANGE]
