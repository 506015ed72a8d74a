"""The published warehouse: what everyone but the pipeline reads."""

# No postponed annotations here: Dagster reads the type of `context` itself.

from collections.abc import Iterator

import dagster as dg

from models.marts import metric_values
from models.vendor_performance import vendor_scorecard_parts, vendor_scorecards
from pipelines.defs.describe import OWNERS, step_result
from pipelines.project import Project
from pipelines.publish.publish import publish

_DESCRIPTIONS = {
    "duckdb": "published/kpi.duckdb: metric values, kpi_ views, facts and meta tables in one read-only file.",
    "parquet": "published/parquet: the same tables as Parquet files; latest.json points to the current folder.",
}


def publication_assets(project: Project) -> list[dg.AssetsDefinition]:
    """One asset per target that the home publishes to."""
    targets = [name for name in _DESCRIPTIONS if name in project.home.settings.publish.targets]

    @dg.multi_asset(
        name="publication",
        specs=[
            dg.AssetSpec(
                f"published_{target}",
                deps=[metric_values.name, vendor_scorecard_parts.name, vendor_scorecards.name],
                description=_DESCRIPTIONS[target],
                group_name="publication",
                owners=OWNERS,
                kinds={target},
            )
            for target in targets
        ],
        required_resource_keys={"session"},
    )
    def publication(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        for step in publish(context.resources.session):
            yield step_result(step)

    return [publication]
