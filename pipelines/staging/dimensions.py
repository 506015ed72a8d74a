"""One name for one thing: aliases of teams, priorities, services and vendors, from policies/dimensions.yaml, cost
centres as policies/costs.yaml writes them, and words of closed sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from metrics.costs.budgets import BUDGET, FORECAST
from metrics.costs.policy import CostPolicy
from pipelines.policies.loading import Policies

#: Column -> a spelling in lower case -> what it means.
Spellings = Mapping[str, Mapping[str, str]]
NO_SPELLINGS: Final[Spellings] = {}
#: Columns of closed sets, whose words people write in any capitals.
_CLOSED_SETS: Final[Spellings] = {"kind": {word: word for word in (BUDGET, FORECAST)}}


def spellings_of_lines(policies: Policies) -> Spellings:
    """What the spellings of columns of lines of money mean, where somebody says so.

    A key that is built of such columns is built of what they mean: a line that was revised in other capitals, or under
    another name of its vendor, is the same line.
    """
    return {**policies.dimensions, "cost_centre": spellings_of_cost_centres(policies.costs), **_CLOSED_SETS}


def spellings_of_cost_centres(policy: CostPolicy) -> Mapping[str, str]:
    """Cost centres of the policy in lower case -> as it writes them; what it writes in two ways is left as it is."""
    names = {*policy.cost_centres, *policy.cost_centre_teams, *policy.cost_centre_services}
    lowered = [name.lower() for name in names]
    return {name.lower(): name for name in sorted(names) if lowered.count(name.lower()) == 1}


def apply_aliases(frame: pl.DataFrame, dimensions: Spellings) -> pl.DataFrame:
    """Replace the values that a policy names; others stay as the source wrote them.

    Args:
        dimensions: dimension -> (alias in lower case -> common name). `<dimension>_before` columns follow it.
    """
    expressions = []
    for dimension, aliases in dimensions.items():
        columns = [column for column in (dimension, f"{dimension}_before") if aliases and column in frame.columns]
        expressions += [spelt_alike(pl.col(column), aliases).alias(column) for column in columns]
    return frame.with_columns(expressions)


def spelt_alike(name: pl.Expr, spellings: Mapping[str, str]) -> pl.Expr:
    """What a name means where `spellings` say so, in any capitals; else the name."""
    if not spellings:
        return name
    meant = name.str.to_lowercase().replace_strict(
        list(spellings), list(spellings.values()), default=None, return_dtype=pl.String
    )
    return pl.coalesce(meant, name)
