"""When the pipeline runs by itself: every morning, and when files have arrived."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.fingerprint import hash_parts
from pipelines.project import Project

JOB_NAME = "kpi_run"


def automation(
    project: Project,
) -> tuple[dg.UnresolvedAssetJobDefinition, dg.ScheduleDefinition, dg.SensorDefinition]:
    """The job over all assets, its daily schedule, and the sensor that watches the landing folders."""
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all(),
        description="Everything from the landing folders to the published warehouse.",
        executor_def=dg.in_process_executor,
    )
    schedule = dg.ScheduleDefinition(
        name="every_morning",
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=project.home.settings.reporting.time_zone,
        description="Daily at 06:00 in the reporting time zone.",
    )
    landing = project.home.landing

    @dg.sensor(
        name="files_arrived",
        job=job,
        minimum_interval_seconds=60,
        description="Runs when files in the landing folders have changed and have kept still since the last look.",
    )
    def files_arrived(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        files = sorted(path for path in landing.rglob("*") if path.is_file()) if landing.is_dir() else []
        seen = hash_parts([(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files])
        previous, _, requested = (context.cursor or "").partition(" ")
        context.update_cursor(f"{seen} {requested}")
        if seen == requested:
            yield dg.SkipReason("Nothing new in the landing folders.")
        elif seen != previous:
            yield dg.SkipReason("Files are changing; looking again before reading them.")
        else:
            context.update_cursor(f"{seen} {seen}")
            yield dg.RunRequest(run_key=seen)

    return job, schedule, files_arrived
