"""What is promised: SLA policies, and which of them applies to which stretch of a ticket's life.

How the clocks of a promise run is in `metrics.sla.clocks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import polars as pl

from models.vocabulary import SlaTarget, StatusCategory

SCOPE: Final = ("source", "team", "service", "priority", "ticket_type", "vendor")
#: Attributes by which a policy names who holds a ticket.
HOLDER_SCOPE: Final = ("vendor", "team")
#: Targets whose clocks run only while the holder that the policy names has the ticket.
HOLDER_TARGETS: Final = (SlaTarget.VENDOR_RESPONSE, SlaTarget.VENDOR_RESOLUTION)

PriorityChange = Literal["retarget", "keep", "restart"]
Reopen = Literal["new_cycle", "continue"]


class SlaPolicyError(ValueError):
    """A policy that cannot be applied."""


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """One promise. Of several that apply to a ticket for one target, the first counts.

    Attributes:
        within_microseconds: open time that is allowed; exactly so much is still met.
        calendar: whose open time counts; None for the calendar of the team that has the ticket when its clock starts.
        scope: attribute (one of `SCOPE`) to the values that the policy covers; an attribute left out may be anything.
        pause_categories: categories in which the clock stands still.
        pause_reasons: reasons for which waiting stops the clock; empty for any. Other categories have no reasons.
        effective_from, effective_to: first and last day (UTC) of creation of the tickets covered; None for no limit.
        is_dated_by_taking: whether those are the days on which the vendor took the ticket instead: a contract holds
            for what is handed over while it is in force, whenever that began.
        contract_item: item of the vendor's rate card whose promise this is. Nothing is allowed yet then: how much is
            said by `metrics.vendors.contract_promises.resolve_contract_promises`.
        on_priority_change: `retarget`, elapsed time stays and the new priority's policy applies from then; `keep`, the
            policy stays; `restart`, the clock starts anew under the new priority's policy, unless it was breached.
            A policy's own word counts while it is in force. A priority that no policy covers changes nothing.
        on_reopen: for resolution, whether a reopened ticket starts a `new_cycle` or the old clock is to `continue`,
            the time in done left out. The first policy that applied to the ticket has the word.

    Raises:
        SlaPolicyError: nothing is allowed, or the scope names an unknown attribute.
    """

    id: str
    target: SlaTarget
    within_microseconds: int
    calendar: str | None = None
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pause_categories: frozenset[StatusCategory] = frozenset()
    pause_reasons: frozenset[str] = frozenset()
    effective_from: date | None = None
    effective_to: date | None = None
    on_priority_change: PriorityChange = "retarget"
    on_reopen: Reopen = "new_cycle"
    is_dated_by_taking: bool = False
    contract_item: str | None = None

    def __post_init__(self) -> None:
        if self.within_microseconds <= 0 and self.contract_item is None:
            raise SlaPolicyError(f"policy '{self.id}' allows no time; give a target such as 4h")
        unknown = sorted(set(self.scope) - set(SCOPE))
        if unknown:
            raise SlaPolicyError(f"policy '{self.id}' applies by '{unknown[0]}'; it can apply by {', '.join(SCOPE)}")
        if self.target in HOLDER_TARGETS and not self.holder:
            raise SlaPolicyError(
                f"policy '{self.id}' has the target {self.target.value} and names nobody whose promise it is; "
                f"name the {' or '.join(HOLDER_SCOPE)} in its scope"
            )

    @property
    def holder(self) -> dict[str, frozenset[str]]:
        """The vendors and teams that the scope names."""
        return {name: frozenset(self.scope[name]) for name in HOLDER_SCOPE if name in self.scope}

    @property
    def pauses(self) -> bool:
        """Whether any stretch can stop the clock."""
        return bool(self.pause_categories)

    def covers(self) -> pl.Expr:
        """Whether the policy covers a row with the columns of `SCOPE`, `created_at` and, dated by it, `taken_at`."""
        conditions = [pl.col(name).is_in(sorted(values)).fill_null(False) for name, values in self.scope.items()]
        day = pl.col("taken_at" if self.is_dated_by_taking else "created_at").dt.date()
        if self.effective_from is not None:
            conditions.append(day >= self.effective_from)
        if self.effective_to is not None:
            conditions.append(day <= self.effective_to)
        return pl.all_horizontal(conditions) if conditions else pl.lit(True)


def first_covering(policies: Sequence[SlaPolicy]) -> pl.Expr:
    """Position of the first policy that covers a row; empty if none does."""
    matched: pl.Expr = pl.lit(None, dtype=pl.Int32)
    for position, policy in reversed(list(enumerate(policies))):
        matched = pl.when(policy.covers()).then(pl.lit(position, dtype=pl.Int32)).otherwise(matched)
    return matched


def is_paused(policies: Sequence[SlaPolicy], by: str = "policy") -> pl.Expr:
    """Whether the clock of a row's policy (a position, in the column `by`) stands still in the row's status.

    Between two lives, in done or cancelled, every clock does.
    """
    category = pl.col("status_category")
    settled = (StatusCategory.DONE.value, StatusCategory.CANCELLED.value)
    by_rule: dict[tuple[frozenset[StatusCategory], frozenset[str]], list[int]] = {}
    for position, policy in enumerate(policies):
        by_rule.setdefault((policy.pause_categories, policy.pause_reasons), []).append(position)
    conditions = [category.is_in(settled)]
    for (categories, reasons), positions in by_rule.items():
        if not categories:
            continue
        pauses = category.is_in(sorted(category.value for category in categories))
        if reasons:
            is_excused = pl.col("waiting_reason").is_in(sorted(reasons)).fill_null(False)
            pauses &= is_excused | (category != StatusCategory.WAITING.value)
        applies = pl.lit(True) if len(positions) == len(policies) else pl.col(by).is_in(positions)
        conditions.append(applies & pauses)
    return pl.any_horizontal(conditions)
