"""A home with one of everything: what is said of it counts one ticket, not one tickets, and two rows, not two row."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from pipelines.cli.main import kpi

pytestmark = pytest.mark.slow

TICKETS: Final = """Ticket,Changed,State,Team,Priority,Opened
T-1,2026-09-01T08:52:00Z,New,Desk,High,2026-09-01T08:52:00Z
T-1,2026-09-01T09:10:00Z,In progress,Desk,High,2026-09-01T08:52:00Z
T-1,2026-09-02T11:45:00Z,Solved,Desk,High,2026-09-01T08:52:00Z
"""
#: A draft takes two tickets: of one nobody can tell that its number is what tickets are known by.
SECOND: Final = TICKETS.partition("\n")[2].replace("T-1", "T-2").replace("-09-0", "-09-1")
LEDGER: Final = "Line,Posting date,Supplier,Account,Amount,Currency\n1,2026-09-30,Ace,6100,12.50,EUR\n"
INVOICE: Final = "Invoice number,Invoice date,Supplier,Amount,Currency\nA-1,2026-09-30,Ace,12.50,EUR\n"
STATUSES: Final = "statuses:\n  tickets:\n    New: queued\n    In progress: active\n"
SLA: Final = "policies:\n  - {id: all, target: resolution, within: 8h}\n"
COSTS: Final = "pools:\n  - {id: rest, driver: resolved_tickets}\n"
TARGETS: Final = "targets:\n  - {metric: sla_attainment_ratio, value: 0.9}\n"

_NOUN: Final = (
    "accounts?|assets?|calendars?|changes?|clocks?|columns?|contracts?|days?|events?|files?|headers?|hours?|KPIs?|lines?|"
    "months?|policies|policy|pools?|promises?|records?|rows?|rules?|spellings?|status(?:es)?|targets?|tickets?|times?|"
    "tokens?|values?|vendors?|views?|warnings?|years?"
)
#: A count that is not a part of a date, a version, a decimal or a name, with what may stand before its noun.
_COUNT: Final = r"(?<![\w.,:/%+-])(?<!v )(?P<count>\d[\d,]*) (?:(?:more|other|SLA|cost|invoice|open|mapped|smaller) )*"
_COUNTED: Final = re.compile(rf"{_COUNT}(?P<noun>{_NOUN})(?P<verb> (?:is|are|was|were|has|have)\b)?(?![\w-])")
_SINGULAR_ENDS_SO: Final = frozenset({"status"})


def faults_of_number(text: str) -> list[str]:
    """Counts whose noun or verb does not agree with them."""
    faults = []
    for found in _COUNTED.finditer(text):
        noun, verb = found["noun"], (found["verb"] or "").strip()
        is_plural = noun.endswith("s") and noun not in _SINGULAR_ENDS_SO
        is_one = found["count"] == "1"
        # Of "1 of 1 ticket" the verb belongs to the first number.
        is_part = text[: found.start()].endswith(" of ")
        if is_plural == is_one or (verb and not is_part and (verb in ("are", "were", "have")) == is_one):
            faults.append(text[max(0, found.start() - 40) : found.end() + 20].replace("\n", " "))
    return faults


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1 ticket is open, 2 tickets are, 1 of 3 rows broke it, 1 status has no meaning", 0),
        ("on 2026-09-01 rows, version 1.1 files, p1 tickets, 0 cost pools", 0),
        ("1 tickets", 1),
        ("1 of 1 rows", 1),
        ("1,204 row", 1),
        ("1 file are refused", 1),
        ("2 SLA policy", 1),
        ("0 mapped status", 1),
    ],
)
def test_the_search_finds_faults_and_nothing_else(text: str, count: int) -> None:
    assert len(faults_of_number(text)) == count


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command in an empty folder, and gives all that it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KPI_HOME", raising=False)

    def run(line: str) -> str:
        result = CliRunner().invoke(kpi, shlex.split(line))
        assert result.exit_code in (0, 3, 5), result.output
        return f"$ kpi {line}\n{result.output}\n"

    return run


def read_page(page: Path) -> str:
    """The words of a page."""
    text = re.sub(r"<style.*?</style>|<script.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", text))


def test_one_of_everything_is_counted_as_one(say: Callable[..., str]) -> None:
    told = [say("init home"), say("init home")]
    home = Path("home")
    for name, text, more in (("tickets", TICKETS, SECOND), ("ledger", LEDGER, ""), ("invoices", INVOICE, "")):
        Path(f"{name}.csv").write_text(text + more, encoding="utf-8")
        told += [say(f"contract infer {name}.csv -o home/contracts/{name}.yaml"), say(f"contract infer {name}.csv")]
        (home / "landing" / name / f"{name}.csv").write_text(text, encoding="utf-8")
    (home / "landing" / "ledger" / "broken.csv").write_text("<html><body>Sign in</body></html>", encoding="utf-8")
    for name, text in (("statuses", STATUSES), ("sla", SLA), ("costs", COSTS), ("targets", TARGETS)):
        (home / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
    looks = ("contract check", "check --all", "run", "status", "quarantine list", "instrumentation", "metrics")
    told += [say(line) for line in looks]
    assert "1 status has no meaning yet" in told[-4]
    (home / "landing" / "ledger" / "broken.csv").unlink()
    (home / "policies" / "statuses.yaml").write_text(f"{STATUSES}    Solved: done\n", encoding="utf-8")
    told += [say(line) for line in (*looks, "check --html check.html", "metrics sla_attainment_ratio")]
    told.append(say("run --as-of 2026-11-01T00:00:00Z"))
    told.append(say("status"))
    assert "Those that need several domains stand with each." in told[-1]
    told += [say("calendar list"), say("query 'SELECT 1 AS one'")]
    pages = [Path("check.html"), home / "published" / "report" / "latest.html"]
    told += [read_page(page) for page in pages]
    faults = [fault for text in told for fault in faults_of_number(text)]
    assert "\n".join(faults) == ""
