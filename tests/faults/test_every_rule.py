"""Every rule is caught by a defect of this folder, so that a new rule without one fails here and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import spoilt_rows as spoilt
import test_bad_rows as rows
import test_drifting_exports as drift
import test_impossible_tickets as impossible
import test_matrix as matrix
import test_planned_twice as planned
import test_repeated_rows as repeated
import test_rows_without_ticket as unnamed
import test_shared_tickets as shared
import test_swapped_lines as swapped

from data_contracts.loader import load_fact_contract
from data_contracts.unique_columns import ASSERTION

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = pytest.mark.xdist_group("faults")

#: Rules that no defect breaks yet, and why.
WITHOUT_A_DEFECT: dict[str, str] = {}


def _caught() -> set[str]:
    """Every rule that a table of expectations of this folder names; that each of them fails is for the tests there."""
    caught = {rule for expected in matrix.EXPECTED.values() for rule in expected.rules}
    caught |= {rule for ticket in impossible.TICKETS.values() for rule in ticket.rules}
    caught |= {rule for one in (*spoilt.ROWS.values(), *spoilt.TICKETS.values()) for rule in one.rules}
    caught |= {
        f"{special.table}.{rule}"
        for special in spoilt.SPECIAL.values()
        for broken in special.broken.values()
        for rule in broken
    }
    caught |= {rule for _, _, rule in rows.WHOLE_FILES.values()}
    caught |= {rule for _, rule, _ in rows.TABLES.values()}
    caught |= {f"{table}.files.not_overlapping" for table in repeated.TABLES}
    caught |= {shared.RULE, planned.RULE, drift.CUT_RULE, *unnamed.RULES, *swapped.RULES}
    caught |= {rule for source in (*drift.TICKETS, *drift.MONEY) for rule in drift.expected_rules(source)}
    return caught


def test_every_rule_has_a_defect_that_breaks_it(clean_run: CleanRun) -> None:
    project = clean_run.demo.project()
    contracts = (*project.contracts, *project.warehouse_contracts, load_fact_contract("cost_facts"))
    # Those that follow of a column are the same for every contract: `test_unique_columns` breaks one of each kind.
    made = f".{ASSERTION}"
    rules = {rule.id for contract in contracts for rule in contract.rules if not rule.id.endswith(made)}
    rules |= {rule.id for contract in project.contracts for rule in contract.arrival_rules}
    assert len(rules) > 100
    assert rules - _caught() == WITHOUT_A_DEFECT.keys(), "a rule without a defect, or a defect for one that had none"
    assert _caught() <= rules, "a defect is expected to break a rule that is not there"
