"""When the pipeline runs by itself: every morning, and when files have arrived."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.fingerprint import hash_parts
from pipelines.project import Project

JOB_NAME = "kpi_run"
#: Tag of a run that was asked for because of files, with what they were like.
_LANDED = "kpi/landed"
#: Runs that are asked for because of the same files, if they fail.
_MOST_RUNS = 3
_ENDED_BADLY = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


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
            # What a run that failed did not read nobody else reads: it is asked for once more.
            yield _ask_again(context.instance, seen)
        elif seen != previous:
            yield dg.SkipReason("Files are changing; looking again before reading them.")
        else:
            context.update_cursor(f"{seen} {seen}")
            yield dg.RunRequest(run_key=seen, tags={_LANDED: seen})

    return job, schedule, files_arrived


def _ask_again(instance: dg.DagsterInstance, landed: str) -> dg.RunRequest | dg.SkipReason:
    """Another run for files whose run failed, unless that was tried often enough."""
    runs = instance.get_runs(dg.RunsFilter(tags={_LANDED: landed}), limit=_MOST_RUNS)
    if not runs or runs[0].status not in _ENDED_BADLY:
        return dg.SkipReason("Nothing new in the landing folders.")
    if len(runs) == _MOST_RUNS:
        return dg.SkipReason(f"{_MOST_RUNS} runs for these files failed: see why, then start one by hand.")
    return dg.RunRequest(run_key=f"{landed} {len(runs) + 1}", tags={_LANDED: landed})
