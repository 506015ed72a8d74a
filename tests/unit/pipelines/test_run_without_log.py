"""A run in memory keeps none of Dagster's events, and still goes from step to step and fails as it should."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.run import instance_without_log


@dg.asset(check_specs=[dg.AssetCheckSpec("is_odd", asset="first", blocking=True)])
def first():
    return dg.MaterializeResult(value=7, check_results=[dg.AssetCheckResult(passed=True, check_name="is_odd")])


@dg.asset
def second(first: int) -> int:
    return first * 6


@dg.asset
def broken(second: int) -> None:
    raise ValueError(f"{second} is not what was wanted")


def test_steps_hand_on_what_they_made_and_no_event_is_kept() -> None:
    with instance_without_log() as instance:
        result = dg.materialize([first, second], instance=instance)
        assert result.success
        assert result.output_for_node("second") == 42
        assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
        assert len(result.asset_materializations_for_node("second")) == 1
        assert instance.all_logs(result.run_id) == []


def test_an_error_of_a_step_is_raised() -> None:
    with instance_without_log() as instance, pytest.raises(ValueError, match="42 is not what was wanted"):
        dg.materialize([first, second, broken], instance=instance)
