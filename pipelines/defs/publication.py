"""The published warehouse: what everyone but the pipeline reads."""

# No postponed annotations here: Dagster reads the type of `context` itself.

from collections.abc import Iterator

import dagster as dg

from models.marts import (
    instrumentation_gaps,
    instrumentation_scorecard,
    kpi_change_drivers,
    kpi_signals,
    kpi_targets,
    metric_values,
    missing_cost_months,
    partial_periods,
)
from models.vendor_performance import vendor_scorecard_parts, vendor_scorecards
from pipelines.defs.describe import OWNERS, step_result
from pipelines.project import Project
from pipelines.publish.publish import publish, targets_of

_DESCRIPTIONS = {
    "duckdb": "published/kpi.duckdb: metric values, kpi_ views, facts and meta tables in one read-only file.",
    "parquet": "published/parquet: the same tables as Parquet files; latest.json points to the current folder.",
    "excel": "published/kpi.xlsx: headline KPIs by month and quarter, with definitions, as a workbook.",
    "hyper": "published/kpi.hyper: the schemas mart and meta as an extract that Tableau opens by itself.",
    "postgresql": "Schemas mart and meta of a PostgreSQL database: the same views over tables of the same rows.",
    "report": "published/report: the executive report of the latest closed month and week, archived, with an index.",
}
_IS_PUBLISHED = "is_published"


def publication_assets(project: Project, *, fails_with_target: bool = False) -> list[dg.AssetsDefinition]:
    """One asset per target that the home publishes to.

    A target that cannot be written is not materialized and its check fails; the others go on.

    Args:
        fails_with_target: whether the step fails in the end if a target could not be written: for whoever hears of
            nothing but runs that fail.
    """
    targets = [f"published_{target.name}" for target in targets_of(project.home, home_id="")]

    @dg.multi_asset(
        name="publication",
        specs=[
            dg.AssetSpec(
                target,
                deps=[
                    metric_values.name,
                    missing_cost_months.name,
                    partial_periods.name,
                    kpi_signals.name,
                    kpi_targets.name,
                    kpi_change_drivers.name,
                    instrumentation_gaps.name,
                    instrumentation_scorecard.name,
                    vendor_scorecard_parts.name,
                    vendor_scorecards.name,
                ],
                description=_DESCRIPTIONS[target.removeprefix("published_")],
                group_name="publication",
                owners=OWNERS,
                kinds={target.removeprefix("published_")},
                skippable=True,
            )
            for target in targets
        ],
        check_specs=[
            dg.AssetCheckSpec(_IS_PUBLISHED, asset=target, description="Whether the target took the publication.")
            for target in targets
        ],
        required_resource_keys={"session"},
    )
    def publication(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        failed = []
        for step in publish(context.resources.session):
            if step.state == "failed":
                failed.append(f"{step.asset}: {step.note}")
            else:
                yield step_result(step)
            yield dg.AssetCheckResult(
                passed=step.state != "failed",
                check_name=_IS_PUBLISHED,
                asset_key=step.asset,
                metadata={"note": step.note},
            )
        if failed and fails_with_target:
            raise dg.Failure("; ".join(failed), allow_retries=False)

    return [publication]
