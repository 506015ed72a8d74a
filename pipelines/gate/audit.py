"""The audit of a domain: its contracts' rules over the warehouse's open transaction.

Here is only what the rules need of the pipeline: its connection, and views of settings that a contract's SQL may ask.
What a rule is and how it is evaluated is in `data_contracts`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from data_contracts import evaluation
from data_contracts.evaluation import AuditAbortedError
from data_contracts.spec import Rule
from data_contracts.verdict import QUARANTINE_LIMIT, RuleResult
from metrics.costs.exchange_rates import FxPolicy, FxRateRule
from models.currencies import MINOR_UNIT_DIGITS
from models.ddl import quote_text
from pipelines.gate.rows_without_ticket import offer_rows_without_ticket
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.project import Project

__all__ = ["AuditAbortedError", "audit", "failing_keys", "offer_data_clock", "offer_settings", "settings_of"]


def audit(
    warehouse: Warehouse,
    rules: Sequence[Rule],
    *,
    reporting_currency: str,
    fixed_rate_currencies: Sequence[str] = (),
    minor_unit_digits: int = 2,
    planning_rate_currencies: Sequence[str] | None = None,
    fiscal_year_start_month: int = 1,
    fx_rate_rule: FxRateRule = FxRateRule.POSTING_DATE,
    listed_names: Mapping[str, Collection[str]] = MappingProxyType({}),
    quarantine_limit: Decimal = QUARANTINE_LIMIT,
    known_errors: Mapping[str, str] | None = None,
) -> list[RuleResult]:
    """The result of every rule, in the order of the rules, over what the open transaction holds.

    Args:
        reporting_currency: ISO 4217 code of kpi.toml.
        fixed_rate_currencies: currencies whose rate policies/costs.yaml fixes.
        minor_unit_digits: decimals of the reporting currency.
        planning_rate_currencies: those whose rate it fixes for budgets; None if budgets have the rates of costs.
        fiscal_year_start_month: month of kpi.toml with which a fiscal year begins.
        fx_rate_rule: which rate converts a cost line under policies/costs.yaml.
        listed_names: dimension -> names that policies/dimensions.yaml lists as known, of dimensions that have a list.
        quarantine_limit: share of records, 0 to 1, of kpi.toml, beyond which the rest no longer speaks for the whole.
        known_errors: rules that ended an earlier transaction, with the message; they count as errored.

    Raises:
        AuditAbortedError: a rule's query ended the transaction. Roll back, load again, and pass its `errors` on.
    """
    offer_settings(
        warehouse,
        reporting_currency,
        fixed_rate_currencies,
        minor_unit_digits,
        planning_rate_currencies=planning_rate_currencies,
        fiscal_year_start_month=fiscal_year_start_month,
        fx_rate_rule=fx_rate_rule,
        listed_names=listed_names,
        quarantine_limit=quarantine_limit,
    )
    return evaluation.evaluate(
        rules, warehouse.connection, known_errors=known_errors, listed_dimensions=listed_names.keys()
    )


def settings_of(project: Project) -> dict[str, Any]:
    """What a home says that rules may ask, as keywords for `audit`.

    Whoever audits passes all of it: the views stay as the last audit left them, and people run rules' queries later.
    """
    policies, reporting = project.policies, project.home.settings.reporting
    fx, planning_fx = policies.costs.fx, policies.costs.budget.fx
    return {
        "reporting_currency": reporting.currency,
        "fixed_rate_currencies": _fixed_currencies(fx),
        "minor_unit_digits": reporting.minor_unit_digits,
        "planning_rate_currencies": None if planning_fx is None else _fixed_currencies(planning_fx),
        "fiscal_year_start_month": reporting.fiscal_year_start_month,
        "fx_rate_rule": fx.rate,
        "listed_names": policies.listed_names,
        "quarantine_limit": Decimal(str(project.home.settings.gate.quarantine_limit_ratio)),
    }


def _fixed_currencies(fx: FxPolicy) -> tuple[str, ...]:
    return tuple(fx.fixed) if fx.rate is FxRateRule.FIXED else ()


def offer_settings(
    warehouse: Warehouse,
    reporting_currency: str,
    fixed_rate_currencies: Sequence[str],
    minor_unit_digits: int,
    *,
    planning_rate_currencies: Sequence[str] | None = None,
    fiscal_year_start_month: int = 1,
    fx_rate_rule: FxRateRule = FxRateRule.POSTING_DATE,
    listed_names: Mapping[str, Collection[str]] = MappingProxyType({}),
    quarantine_limit: Decimal = QUARANTINE_LIMIT,
) -> None:
    """Every view of settings that a contract's SQL may ask, beside `ops.data_clock`; see `audit`."""
    planning = fixed_rate_currencies if planning_rate_currencies is None else planning_rate_currencies
    _offer_known_currencies(warehouse)
    _offer_currencies(warehouse, "reporting_currencies", reporting_currency, fixed_rate_currencies)
    _offer_currencies(warehouse, "planning_currencies", reporting_currency, planning)
    _offer_units(warehouse, reporting_currency, minor_unit_digits)
    warehouse.execute(f"CREATE OR REPLACE VIEW ops.fiscal_year AS SELECT {int(fiscal_year_start_month)} AS start_month")
    warehouse.execute(f"CREATE OR REPLACE VIEW ops.fx_policy AS SELECT {quote_text(fx_rate_rule.value)} AS rate_rule")
    _offer_listed_names(warehouse, listed_names)
    offer_rows_without_ticket(warehouse, quarantine_limit)


def failing_keys(warehouse: Warehouse, result: RuleResult) -> list[str]:
    """All distinct keys of records that broke a rule of the last audit, in order. Call in its transaction."""
    return evaluation.failing_keys(result, warehouse.connection)


def offer_data_clock(warehouse: Warehouse, as_of: datetime | None) -> None:
    """The view `ops.data_clock`: `as_of_at`, how far the staged tickets reach before any of them is set aside.

    It is made with the tickets' staging and stays, so that people can run the queries of rules that ask it.
    """
    instant = quote_text(as_of.astimezone(UTC).isoformat()) if as_of else "NULL"
    warehouse.execute(f"CREATE OR REPLACE VIEW ops.data_clock AS SELECT CAST({instant} AS TIMESTAMPTZ) AS as_of_at")


def _offer_listed_names(warehouse: Warehouse, listed_names: Mapping[str, Collection[str]]) -> None:
    """The view `ops.listed_names`: `dimension` and `name`, one row per name that the home lists as known."""
    rows = ", ".join(
        f"({quote_text(dimension)}, {quote_text(name)})"
        for dimension, names in sorted(listed_names.items())
        for name in sorted(names)
    )
    listed = f"SELECT * FROM (VALUES {rows}) AS known (dimension, name)"
    nothing = "SELECT CAST(NULL AS VARCHAR) AS dimension, CAST(NULL AS VARCHAR) AS name WHERE false"
    warehouse.execute(f"CREATE OR REPLACE VIEW ops.listed_names AS {listed if rows else nothing}")


def _offer_units(warehouse: Warehouse, reporting_currency: str, minor_unit_digits: int) -> None:
    """The view `ops.reporting_units`, one row: the reporting currency and its minor unit, such as 0.0100."""
    minor_unit = Decimal(1).scaleb(-minor_unit_digits)
    warehouse.execute(
        f"""
        CREATE OR REPLACE VIEW ops.reporting_units AS
        SELECT {quote_text(reporting_currency)} AS currency_code,
               CAST({quote_text(f"{minor_unit:f}")} AS DECIMAL(18, 4)) AS minor_unit
        """
    )


def _offer_known_currencies(warehouse: Warehouse) -> None:
    """The view `ops.currencies`: codes of ISO 4217, with the decimals of their minor units."""
    rows = ", ".join(f"({quote_text(code)}, {digits})" for code, digits in MINOR_UNIT_DIGITS.items())
    warehouse.execute(
        "CREATE OR REPLACE VIEW ops.currencies AS "
        f"SELECT * FROM (VALUES {rows}) AS known (currency_code, minor_unit_digits)"
    )


def _offer_currencies(warehouse: Warehouse, view: str, reporting_currency: str, fixed: Sequence[str]) -> None:
    """A view such as `ops.reporting_currencies`: currencies that lead to the reporting currency, and by which kind of
    rate; `ops.planning_currencies` is the same for budgets.

    `reporting` is the reporting currency itself, `fixed` has one rate for all days, `dated` has rates of a treasury
    export: in either direction, or through one third currency, as `metrics.costs.exchange_rates` converts.
    """
    reporting = quote_text(reporting_currency)
    fixed_rows = "".join(f"UNION SELECT {quote_text(code)}, 'fixed'\n" for code in fixed if code != reporting_currency)
    known = ", ".join(quote_text(code) for code in dict.fromkeys([reporting_currency, *fixed]))
    warehouse.execute(
        f"""
        CREATE OR REPLACE VIEW ops.{view} AS
        WITH pairs AS (
            SELECT DISTINCT base_currency_code AS one, quote_currency_code AS other FROM stg.stg_fx_rates
            UNION
            SELECT DISTINCT quote_currency_code, base_currency_code FROM stg.stg_fx_rates
        ),
        dated AS (
            SELECT one AS currency_code FROM pairs WHERE other = {reporting}
            UNION
            SELECT far.one FROM pairs AS far JOIN pairs AS near ON far.other = near.one WHERE near.other = {reporting}
        )
        SELECT {reporting} AS currency_code, 'reporting' AS rate_kind
        {fixed_rows}
        UNION
        SELECT currency_code, 'dated' FROM dated WHERE currency_code NOT IN ({known})
        """
    )
