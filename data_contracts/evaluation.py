"""Rules in, results out: tiers, tables, empty tables, and what is known of the rows that broke a rule.

Great Expectations says how many rows break a rule (`data_contracts.expectations`); what follows from the results is
decided in `data_contracts.verdict`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

import duckdb

from data_contracts.expectations import AuditAbortedError, count_failing_rows, telling_line
from data_contracts.failing_rows import failing_keys_query, failing_rows_query, is_within
from data_contracts.spec import ONE_NUMBER, Limit, Measure, Rule
from data_contracts.verdict import RuleResult
from models.ddl import quote_identifier, quote_text
from models.vocabulary import LOAD_TIERS, RuleAction, RuleState, RuleTier

__all__ = ["AuditAbortedError", "evaluate", "failing_keys"]

MOST_SAMPLE_KEYS: Final = 20
_KEYS: Final = "temp.failing_keys"
_NO_FAILURES: Final = Limit("mustBe", (0,))


def evaluate(
    rules: Sequence[Rule],
    connection: duckdb.DuckDBPyConnection,
    *,
    known_errors: Mapping[str, str] | None = None,
    listed_dimensions: Collection[str] = (),
) -> list[RuleResult]:
    """The result of every rule, in the order of the rules.

    Tiers are evaluated one after the other; when a blocking rule on files or columns breaks, the later tiers of that
    table are skipped: its rows will not be counted, and their answers would only repeat the fault. Rules on an empty
    table are skipped too, unless they count its rows: an empty table proves nothing. But one on files or columns that
    lists rows all the same says why it is empty. Rules that hold names against a list which nobody made are skipped as
    well, and so are rules of an export that nothing gives what they judge by.

    The keys of the records that break a rule are kept, for whoever then asks which they are: it takes as long to find
    them as to count them.

    Args:
        connection: open, with or without an open transaction; either is left exactly as it was, but for the temporary
            table of those keys.
        known_errors: rule id -> message, for rules that are not to be evaluated; see `AuditAbortedError`.
        listed_dimensions: dimensions whose known names are listed; see `Rule.listed_dimension`.

    Raises:
        AuditAbortedError: a query failed in a way that ended the open transaction.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_KEYS} (rule_id VARCHAR, failing_key VARCHAR)")
    errors = dict(known_errors or {})
    results: dict[str, RuleResult] = {
        rule.id: RuleResult(rule=rule, state=RuleState.SKIPPED, error=reason)
        for rule in rules
        if (reason := _why_not_asked(rule, listed_dimensions)) is not None
    }
    stopped_by: dict[str, Rule] = {}
    for tier in RuleTier:
        in_tier = [rule for rule in rules if rule.tier is tier and rule.id not in results]
        for rule in in_tier:
            if (stopper := stopped_by.get(rule.table_name)) is not None:
                reason = f"a rule of an earlier tier is broken: {stopper.id}"
                results[rule.id] = RuleResult(rule=rule, state=RuleState.SKIPPED, error=reason)
        in_tier = [rule for rule in in_tier if rule.id not in results]
        for table in dict.fromkeys(rule.table_name for rule in in_tier):
            results |= _evaluate_table([rule for rule in in_tier if rule.table_name == table], connection, errors)
        if tier in LOAD_TIERS:
            stopped_by |= {rule.table_name: rule for rule in in_tier if _stops(results[rule.id])}
    return [results[rule.id] for rule in rules]


def _why_not_asked(rule: Rule, listed_dimensions: Collection[str]) -> str | None:
    """Why there is nothing by which a rule could be judged, whatever the rows are; None if there is."""
    if rule.listed_dimension is not None and rule.listed_dimension not in listed_dimensions:
        return f"policies/dimensions.yaml lists no known {rule.listed_dimension}"
    if not rule.has_needed_feed:
        return f"nothing in this export feeds {rule.needed_feed}"
    return None


def failing_keys(result: RuleResult, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """All distinct keys of records that broke a rule, in order; none where the rule's rows have no key.

    Args:
        connection: the one that `evaluate` was given last, as it left it.

    Raises:
        LookupError: the keys are no longer kept there. Without this, a rule that set records aside would set none.
    """
    if result.failing_keys_query is None:
        return []
    keys = sorted(str(key) for (key,) in connection.execute(result.failing_keys_query).fetchall())
    if len(keys) != result.failed_record_count:
        raise LookupError(
            f"{result.rule.id}: {result.failed_record_count} records broke it, and the keys of {len(keys)} are kept"
        )
    return keys


def _stops(result: RuleResult) -> bool:
    return result.rule.action is RuleAction.BLOCK and result.state in (RuleState.FAILED, RuleState.ERRORED)


def _evaluate_table(
    rules: Sequence[Rule], connection: duckdb.DuckDBPyConnection, errors: Mapping[str, str]
) -> dict[str, RuleResult]:
    """Results of rules that are about one table."""
    results = {rule.id: _errored(rule, errors[rule.id]) for rule in rules if rule.id in errors}
    rest = [rule for rule in rules if rule.id not in errors]
    try:
        row_count = _number(connection, f"SELECT count(*) FROM {rules[0].table_name}")
    except duckdb.Error as error:
        return results | {rule.id: _errored(rule, telling_line(error)) for rule in rest}
    if row_count == 0:
        empty = [rule for rule in rest if rule.measure is not Measure.ROW_COUNT]
        results |= {
            rule.id: RuleResult(rule=rule, state=RuleState.SKIPPED, error="the table is empty") for rule in empty
        }
        lost = [rule for rule in empty if rule.measure is Measure.FAILING_ROWS and rule.tier in LOAD_TIERS]
        rest = [rule for rule in rest if rule.measure is Measure.ROW_COUNT] + _broken_all_the_same(lost, connection)
    if not rest:
        return results
    counts = count_failing_rows(rest, connection)
    return results | {rule.id: _result(rule, counts[rule.id], row_count, connection) for rule in rest}


def _broken_all_the_same(rules: Sequence[Rule], connection: duckdb.DuckDBPyConnection) -> list[Rule]:
    """Those rules on an empty table that list rows: why it is empty."""
    counts = count_failing_rows(rules, connection) if rules else {}
    return [rule for rule in rules if isinstance(found := counts[rule.id], int) and found > 0]


def _result(rule: Rule, found: int | str, row_count: int, connection: duckdb.DuckDBPyConnection) -> RuleResult:
    if isinstance(found, str):
        return _errored(rule, found)
    is_broken = found > 0 if rule.measure in ONE_NUMBER else _is_broken(rule, found, row_count)
    result = RuleResult(
        rule=rule,
        state=RuleState.FAILED if is_broken else RuleState.PASSED,
        evaluated_count=row_count,
        failed_count=found,
        failing_rows_query=failing_rows_query(rule),
    )
    if found == 0 or rule.key_column is None or rule.measure in ONE_NUMBER:
        return result
    connection.execute(f"INSERT INTO {_KEYS} SELECT ?, failing_key FROM ({failing_keys_query(rule)})", [rule.id])
    kept = f"SELECT failing_key FROM {_KEYS} WHERE rule_id = {quote_text(rule.id)}"
    query = f"SELECT count(*), min(failing_key, {MOST_SAMPLE_KEYS}) FROM ({kept})"
    failed_records, sample = connection.execute(query).fetchall()[0]
    return replace(
        result,
        failing_keys_query=kept,
        sample_keys=tuple(sample or ()),
        failed_record_count=int(failed_records),
        record_count=_record_count(rule, row_count, connection),
    )


def _record_count(rule: Rule, row_count: int, connection: duckdb.DuckDBPyConnection) -> int:
    """How many records there are of the kind that the rule's key names."""
    schema, _, table = rule.table_name.rpartition(".")
    if rule.record_table != table:
        return _number(connection, f"SELECT count(*) FROM {schema}.{quote_identifier(rule.record_table)}")
    return row_count


def _is_broken(rule: Rule, failed_count: int, row_count: int) -> bool:
    limit = rule.limit or _NO_FAILURES
    if limit == _NO_FAILURES or limit == Limit("mustBe", (0,), is_share=True):
        return Decimal(failed_count) > rule.tolerance * row_count
    value = Decimal(failed_count) * 100 / row_count if limit.is_share else Decimal(failed_count)
    return not is_within(limit, value)


def _errored(rule: Rule, message: str) -> RuleResult:
    return RuleResult(rule=rule, state=RuleState.ERRORED, error=message, failing_rows_query=rule.query)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
