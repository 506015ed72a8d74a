"""How many rows break each rule, judged by Great Expectations over an open DuckDB connection.

The only module that imports Great Expectations. It judges the rows that the pipeline's own open transaction sees, and
can neither end that transaction nor close the connection: it is lent a connection on which commit, rollback and close
do nothing. No data context is made, so there are no files, no telemetry and no pages. Importing it takes seconds, so
that happens when the first rule is judged, not on import of this module.

Tiers, empty tables and samples are the business of `data_contracts.evaluation`.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import duckdb

from data_contracts.failing_rows import failing_rows_query
from data_contracts.lasting_imports import lasting_imports
from data_contracts.spec import ONE_NUMBER, Measure, Rule
from models.ddl import quote_identifier

_RULE_ID: Final = "rule_id"
_ROW_COUNT: Final = "unexpected_rows_query.row_count"
_WRAPPING: Final = re.compile(r"^\([\w.]+\)\s*")


class AuditAbortedError(Exception):
    """A rule's query failed so that DuckDB gave up the whole transaction; nothing of it can be kept.

    Roll back, load again, and pass `errors` to `evaluate`: then the other rules are judged and these count as errored.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors: dict[str, str] = dict(errors)
        named = "; ".join(f"{rule_id}: {message}" for rule_id, message in self.errors.items())
        super().__init__(f"a rule's query ended the transaction: {named}. Use TRY_CAST instead of CAST in it.")


def count_failing_rows(rules: Sequence[Rule], connection: duckdb.DuckDBPyConnection) -> dict[str, int | str]:
    """By rule id the number of rows that break it, or why it could not be evaluated.

    Args:
        rules: all about one table, which has rows.

    Raises:
        AuditAbortedError: a query failed in a way that ended the open transaction.
    """
    # Great Expectations counts empty values of many columns in one scan. Everything else runs as a failing-row query:
    # its own patterns and type checks give wrong answers on this dialect, and its own uniqueness takes thrice as long.
    together = [rule for rule in rules if rule.measure is Measure.NULL_VALUES]
    groups = [together] if together else []
    groups += [[rule] for rule in rules if rule.measure is not Measure.NULL_VALUES]
    counts: dict[str, int | str] = {}
    with _quiet():
        for group in groups:
            counts |= _count(group, connection)
    return counts


def _count(rules: Sequence[Rule], connection: duckdb.DuckDBPyConnection) -> dict[str, int | str]:
    """By rule id the number of rows that break it, or why it could not be evaluated.

    Rules share scans, so that a fault in one can spoil the others: where any of several errs, each is tried alone.
    """
    found = _count_together(rules, connection)
    spoilt = {rule_id: outcome for rule_id, outcome in found.items() if isinstance(outcome, str)}
    if spoilt and not _is_usable(connection):
        raise AuditAbortedError(spoilt)
    if spoilt and len(rules) > 1:
        return {rule.id: _count([rule], connection)[rule.id] for rule in rules}
    return found


def _count_together(rules: Sequence[Rule], connection: duckdb.DuckDBPyConnection) -> dict[str, int | str]:
    great_expectations = _great_expectations()
    validator = great_expectations.validator_for(connection, rules[0].table_name)
    configurations = [great_expectations.configuration(_expectation(rule), rule.id) for rule in rules]
    outcomes = validator.graph_validate(
        configurations=configurations,
        runtime_configuration={
            "catch_exceptions": True,
            "result_format": {"result_format": "BASIC", "partial_unexpected_count": 0},
        },
    )
    counts = {outcome.expectation_config.meta[_RULE_ID]: _outcome(outcome) for outcome in outcomes}
    first_error = validator.execution_engine.first_error
    if first_error is not None and not _is_usable(connection):
        # Whatever was tried after the fault only says that the transaction has ended.
        return {rule_id: telling_line(first_error) for rule_id in counts}
    return counts


def _outcome(outcome: Any) -> int | str:
    message = _error_message(outcome.exception_info)
    if message is not None:
        return message
    counted = outcome.result.get("unexpected_count", outcome.result.get("observed_value"))
    if not isinstance(counted, int) or outcome.success != (counted == 0):
        return "Great Expectations gave no usable count"
    return counted


def _error_message(information: Any) -> str | None:
    """The first message of an exception report, which is flat or grouped by metric."""
    if not isinstance(information, dict):
        return None
    reports = [information] if "raised_exception" in information else list(information.values())
    for report in reports:
        if isinstance(report, dict) and report.get("raised_exception"):
            text = str(report.get("exception_message") or "unknown error")
            return telling_line(text)
    return None


def _expectation(rule: Rule) -> tuple[str, dict[str, Any]]:
    """The expectation that counts the rows that break a rule."""
    if rule.measure is Measure.NULL_VALUES:
        return "expect_column_values_to_not_be_null", {"column": rule.columns[0]}
    # Only the key leaves the database, never another value. Braces are doubled because the text is a template; the
    # trailing comment names the batch, without which Great Expectations prints advice.
    wanted = quote_identifier(rule.key_column) if rule.key_column and rule.measure not in ONE_NUMBER else "1"
    query = f"SELECT {wanted} AS failing_key FROM (\n{failing_rows_query(rule)}\n) AS failing"
    template = query.replace("{", "{{").replace("}", "}}") + "\n/* {batch} */"
    return "failing_rows_expectation", {"unexpected_rows_query": template}


def telling_line(error: object) -> str:
    """The telling line of a database error, without the wrappings of the libraries in between."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _WRAPPING.sub("", lines[0]) if lines else type(error).__name__


def _is_usable(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("SELECT 1").fetchall()
    except duckdb.Error:
        return False
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' own chatter from the user: every fault comes back in a result."""
    logger = logging.getLogger("great_expectations")
    level, propagates = logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        logger.propagate = propagates


@cache
def _great_expectations() -> Any:
    """Import Great Expectations and adapt it to a borrowed DuckDB connection; call within `_quiet`."""
    with lasting_imports():
        import sqlalchemy
        from duckdb_sqlalchemy import ConnectionWrapper
        from great_expectations.core.batch import Batch
        from great_expectations.execution_engine import SqlAlchemyExecutionEngine
        from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
        from great_expectations.expectations.core import UnexpectedRowsExpectation
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
        from great_expectations.validator.validator import Validator

    class BorrowedConnection(ConnectionWrapper):  # type: ignore[misc]
        """The pipeline's connection, which its borrower can neither commit, nor roll back, nor close."""

        autocommit = True

        def begin(self) -> None:
            """The transaction, if there is one, is the pipeline's."""

        def commit(self) -> None:
            """See `begin`."""

        def rollback(self) -> None:
            """See `begin`."""

        def close(self) -> None:
            """See `begin`."""

    class BorrowingEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
        """Keeps one SQLAlchemy connection open until results are fetched; DuckDB has one result per connection."""

        first_error: Exception | None = None
        _held: Any = None

        def execute_query(self, query: Any) -> Any:
            """Run a query, and keep the first error: the later ones may only be its echo."""
            try:
                return super().execute_query(query)
            except Exception as error:
                self.first_error = self.first_error or error
                raise

        @contextmanager
        def get_connection(self) -> Iterator[Any]:
            if self._held is None:
                self._held = self.engine.connect()
            yield self._held

    class FailingRowsExpectation(UnexpectedRowsExpectation):  # type: ignore[misc]
        """Counts the rows of a query. The one it is made of runs the query a second time to fetch them, for nobody."""

        metric_dependencies = (_ROW_COUNT,)

        def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
            count = metrics[_ROW_COUNT]
            return {"success": count == 0, "result": {"observed_value": count}}

    class Adapter:
        """What the rest of the module needs of Great Expectations."""

        @staticmethod
        def validator_for(connection: duckdb.DuckDBPyConnection, table_name: str) -> Any:
            borrowed = BorrowedConnection(connection)
            engine = sqlalchemy.create_engine(
                "duckdb:///:memory:",
                creator=lambda: borrowed,
                poolclass=sqlalchemy.StaticPool,
                isolation_level="AUTOCOMMIT",
                skip_autocommit_rollback=True,
            )
            execution_engine = BorrowingEngine(engine=engine, create_temp_table=False)
            schema, _, table = table_name.rpartition(".")
            data = SqlAlchemyBatchData(
                execution_engine=execution_engine,
                schema_name=schema or None,
                table_name=table,
                create_temp_table=False,
            )
            validator = Validator(execution_engine=execution_engine, batches=[Batch(data=data)])
            validator.metrics_calculator.show_progress_bars = False
            return validator

        @staticmethod
        def configuration(expectation: tuple[str, dict[str, Any]], rule_id: str) -> Any:
            kind, arguments = expectation
            return ExpectationConfiguration(type=kind, kwargs=arguments, meta={_RULE_ID: rule_id})

    return Adapter
