"""How invoices are held against contracts and each other: the records of policies/vendors.yaml.

Its spelling is in `pipelines.policies.spelling`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from metrics.vendors.credit_policy import CreditTerms
from metrics.vendors.scorecard_policy import Scorecard


@dataclass(frozen=True, slots=True)
class DuplicatePolicy:
    """When two invoices of one vendor are suspected to be one.

    Attributes:
        window_days: how many days may lie between the two.
        amount_tolerance_ratio: by what share of the larger amount they may differ; 0: not at all.
        typing_error_days: how many days may lie between two whose numbers differ by a typing error and that do not
            say for which days they bill.
        recurring_count: invoices over one amount from which on it is taken for a recurring charge; a number that
            looks like a typing error is then no evidence, unless both bill the same days.
    """

    window_days: int = 60
    amount_tolerance_ratio: Decimal = Decimal(0)
    typing_error_days: int = 7
    recurring_count: int = 3


@dataclass(frozen=True, slots=True)
class VendorPolicy:
    """All of policies/vendors.yaml.

    Attributes:
        duplicates: when two invoices are suspected to be one.
        run_rate_months: how many complete months make the run-rate by which a commitment is projected.
        item_names: item as an invoice calls it, in lower case -> item as the rate card calls it.
        scorecard: how vendors are scored; None if they are not.
        credits: what contracts say of missed promises; of several that name a contract the first counts.
    """

    duplicates: DuplicatePolicy = DuplicatePolicy()
    run_rate_months: int = 3
    item_names: Mapping[str, str] = field(default_factory=dict)
    credits: tuple[CreditTerms, ...] = ()
    scorecard: Scorecard | None = None
