"""Ctrl-C in a run: it ends in good order, says so, keeps nothing by halves, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from demo_homes import DemoHome

from pipelines.cli.main import KpiGroup

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="Windows has another Ctrl-C")]

#: The command, which hears of Ctrl-C as on a terminal: what a shell starts in the background ignores it, and so does
#: everything that these tests then start.
LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from pipelines.cli.main import main
main()
"""
LAST_RUN = "SELECT state, message FROM ops.ops_runs ORDER BY started_at DESC LIMIT 1"


def interrupt(demo: DemoHome, after: str) -> tuple[int, str]:
    """Press Ctrl-C in a run when the line of an asset is there. Returns (exit code, what it printed)."""
    command = [sys.executable, "-c", LISTENING, "run", "--home", str(demo.folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(after):
                os.killpg(process.pid, signal.SIGINT)
                break
        lines += process.stdout.readlines()
    return process.returncode, "".join(lines)


@pytest.mark.parametrize("after", ["stage_finance", "kpi_change_drivers", "published_parquet"])
def test_a_run_that_is_interrupted_says_so_and_keeps_nothing_by_halves(
    clean_run: CleanRun, tmp_path: Path, after: str
) -> None:
    demo = clean_run.demo.copy_to(tmp_path / "home")
    for left in demo.folder.glob("warehouse.duckdb*"):
        left.unlink()
    before = demo.content_hash()
    code, printed = interrupt(demo, after)
    assert (code, printed.splitlines()[-1]) == (130, "Interrupted. What was committed stays; run again to go on.")
    assert "Traceback" not in printed
    assert demo.warehouse(LAST_RUN) == [("interrupted", "somebody stopped it")]
    assert demo.content_hash() == before
    demo.run()
    assert demo.content_hash() == before
    assert demo.warehouse(LAST_RUN) == [("succeeded", None)]


def test_a_query_that_never_ends_is_ended(clean_run: CleanRun) -> None:
    """Also one that is a single long task of the database, in whichever thread it is done."""
    endless = "SELECT count(*) FROM range(100000000000) AS one, range(1000) AS other"
    command = [sys.executable, "-c", LISTENING, "query", endless, "--home", str(clean_run.demo.folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        printed = None
        try:
            # Python loses one that comes in the midst of an import, which on a busy machine may still go on: then it is
            # pressed again, as people do.
            for _ in range(10):
                time.sleep(5)
                os.killpg(process.pid, signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    printed = process.communicate(timeout=5)[0]
                    break
        finally:
            process.kill()
    assert printed is not None, "it went on"
    assert (process.returncode, "Interrupted." in printed) == (130, True)


def test_a_query_that_is_interrupted_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """DuckDB makes an error of its own of a Ctrl-C that it notices in the midst of a query."""

    class Asking(KpiGroup):
        def invoke(self, ctx: click.Context) -> None:  # noqa: ARG002
            raise RuntimeError("Query interrupted") from KeyboardInterrupt()

    with pytest.raises(SystemExit) as ended:
        Asking("kpi").main(["query"])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"
