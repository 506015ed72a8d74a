"""What is set aside: told, exported, and back by itself when corrected files arrive; numbers then as if nothing was."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from demo_homes import DemoHome

from pipelines.cli.main import kpi

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("quarantine")]

#: Text that stands in fields which may name people.
SECRET = "Zoë Quarantäne"


@dataclass(frozen=True)
class Spoilt:
    """The company with spoilt files: what the files were before, and the key that each record must be known by."""

    demo: DemoHome
    good: dict[Path, bytes]
    ticket: str


def spoil(demo: DemoHome) -> Spoilt:
    """A ticket with two statuses that nobody knows and a status that came before it, a cost line, an invoice line."""
    good: dict[Path, bytes] = {}

    def keep(path: Path) -> Path:
        good[path] = path.read_bytes()
        return path

    tickets = keep(min((demo.landing / "zendesk_tickets").iterdir()))
    lines = tickets.read_text(encoding="utf-8").split("\n")
    index = next(i for i, line in enumerate(lines) if '"status": "closed"' in line and '"value": "open"' in line)
    ticket = json.loads(lines[index].rstrip(","))
    lines[index] = (
        lines[index]
        .replace('"value": "open"', '"value": "escalated"')
        .replace(
            f'"subject": {json.dumps(ticket["subject"], ensure_ascii=False)}',
            f'"subject": {json.dumps(SECRET, ensure_ascii=False)}',
        )
    )
    assert SECRET in lines[index]
    tickets.write_text("\n".join(lines), encoding="utf-8")

    ledger = keep(next((demo.landing / "general_ledger").iterdir()))
    ledger.write_bytes(ledger.read_bytes().replace(b";EUR;", b";EUX;", 1))

    invoices = keep(next((demo.landing / "vendor_invoices").iterdir()))
    rows = invoices.read_bytes().split(b"\n")
    head = next(csv.reader([rows[0].decode("utf-8-sig")]))
    cells = next(csv.reader([rows[1].decode()]))
    cells[head.index("Invoice Date")] = "=cmd|' /C calc'!A0"
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    rows[1] = buffer.getvalue().encode() + (b"\r" if rows[1].endswith(b"\r") else b"")
    invoices.write_bytes(b"\n".join(rows))
    return Spoilt(demo, good, f"zendesk:{ticket['id']}")


def declare_reissues(demo: DemoHome) -> None:
    """Say in the contract that files of tickets are delivered whole, so that a corrected one replaces the wrong one."""
    path = demo.home.contracts / "zendesk_tickets.yaml"
    (contract,) = (found for found in demo.project().contracts if found.id == "zendesk_tickets")
    objects = "".join(
        f"  - name: {item.name}\n    customProperties:\n      - {{property: sameName, value: replaces}}\n"
        for item in contract.objects
    )
    text = path.read_text(encoding="utf-8")
    assert "\nschema:" not in text
    path.write_text(f"{text}\nschema:\n{objects}", encoding="utf-8")


@pytest.fixture(scope="module")
def spoilt(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> Spoilt:
    """The company after a run over spoilt files. Nobody changes it."""
    demo = clean_run.never_run.copy_to(tmp_path_factory.mktemp("spoilt") / "home")
    found = spoil(demo)
    demo.run()
    return found


@pytest.fixture
def ask(spoilt: Spoilt) -> Callable[..., Result]:
    """`kpi quarantine` on the spoilt company."""

    def run(*arguments: str | Path) -> Result:
        words = ["quarantine", *map(str, arguments), "--home", str(spoilt.demo.folder)]
        return CliRunner().invoke(kpi, words)

    return run


def listed(ask: Callable[..., Result], *options: str) -> dict[str, dict[str, Any]]:
    ended = ask("list", "--json", *options)
    assert ended.exit_code == 0, ended.output
    return {found["record"]: found for found in json.loads(ended.output)}


def test_each_record_is_listed_once_with_its_rules_place_and_kpis(spoilt: Spoilt, ask: Callable[..., Result]) -> None:
    found = listed(ask)
    assert sorted(record["table"] for record in found.values()) == [
        "stg_cost_lines", "stg_tickets", "stg_vendor_invoice_lines",
    ]  # fmt: skip
    ticket = found[spoilt.ticket]
    assert [rule["rule"] for rule in ticket["rules"]] == ["ticket_events.status.mapped"]
    assert "policies/statuses.yaml" in ticket["rules"][0]["reason"]
    assert ticket["first_seen_at"] is not None
    assert "sla_attainment_ratio" in ticket["metrics"]
    (line,) = (record for record in found.values() if record["domain"] == "finance")
    (ledger,) = (path for path in spoilt.good if path.parent.name == "general_ledger")
    raw = ledger.read_bytes().split(b"\n")
    assert (line["export"], line["file"]) == ("general_ledger", ledger.name)
    assert b";EUX;" in raw[line["row"] - 1], "row 1 is the header"
    assert "cost_total_reporting" in line["metrics"]
    plain = ask("list").output
    assert "3 records are set aside." in plain
    assert f"landing/general_ledger/{ledger.name}, row {line['row']}" in plain


def test_the_list_can_be_narrowed_and_grouped(spoilt: Spoilt, ask: Callable[..., Result]) -> None:
    assert {record["domain"] for record in listed(ask, "--domain", "vendors").values()} == {"vendors"}
    assert listed(ask, "--rule", "ticket_events.*").keys() == {spoilt.ticket}
    assert "Nothing of that is set aside." in ask("list", "--rule", "nothing").output
    for by in ("rule", "domain"):
        assert "3 records are set aside." in ask("list", "--by", by).output
    assert "first 1 shown" in ask("list", "--rows", "1").output


def test_a_record_of_several_rules_counts_once_everywhere(clean_run: CleanRun, tmp_path: Path) -> None:
    demo = clean_run.never_run.copy_to(tmp_path / "home")
    path = next((demo.landing / "general_ledger").iterdir())
    (contract,) = (found for found in demo.project().contracts if found.id == "general_ledger")
    separator = contract.delimiter or ";"
    rows = path.read_bytes().split(b"\n")
    head = rows[0].decode("utf-8-sig", errors="replace").strip().split(separator)
    names = {column.name: column.physical_name for column in contract.objects[0].columns}
    cells = rows[1].split(separator.encode())
    for target, text in (("cost_lines.amount_original", b"many"), ("cost_lines.currency_code", b"EUX")):
        (column,) = (
            column.name
            for column in contract.objects[0].columns
            if any(feed.target == target and not feed.when for feed in column.feeds)
        )
        cells[head.index(names[column])] = text
    rows[1] = separator.encode().join(cells)
    path.write_bytes(b"\n".join(rows))
    demo.run()
    aside = demo.warehouse("SELECT record_id, rule_id FROM ops.ops_quarantined_records WHERE domain = 'finance'")
    assert len({record for record, _ in aside}) == 1
    assert len(aside) > 1
    ((summary,),) = demo.published("SELECT summary FROM meta.verdicts WHERE domain = 'finance'")
    assert f"1 quarantined by {len(aside)} rules" in summary
    status = CliRunner().invoke(kpi, ["status", "--home", str(demo.folder)])
    assert "1 record is set aside, each counted once" in status.output
    assert (
        json.loads(CliRunner().invoke(kpi, ["status", "--json", "--home", str(demo.folder)]).output)[
            "quarantined_count"
        ]
        == 1
    )


def test_show_hides_what_may_name_people_until_values_are_asked_for(spoilt: Spoilt, ask: Callable[..., Result]) -> None:
    hidden = ask("show", spoilt.ticket)
    assert hidden.exit_code == 0
    assert SECRET not in hidden.output
    assert "(hidden; --values shows it)" in hidden.output
    assert "escalated" in hidden.output, "a status names nobody"
    assert "policies/statuses.yaml" in hidden.output
    assert "{property: sameName, value: replaces}" in hidden.output
    assert SECRET not in ask("show", spoilt.ticket, "--json").output
    open_ = ask("show", spoilt.ticket, "--values")
    assert SECRET in open_.output
    assert "row 2 of tickets_" in open_.output or "row " in open_.output


def test_show_names_the_cell_to_correct(ask: Callable[..., Result]) -> None:
    (record, found) = next((key, one) for key, one in listed(ask).items() if one["domain"] == "vendors")
    shown = ask("show", record).output
    assert f"'invoice_date' in row {found['row']} of landing/vendor_invoices/{found['file']}" in shown
    assert "calc" not in shown
    assert "calc" in ask("show", record, "--values").output


def test_what_is_not_aside_is_said(spoilt: Spoilt, ask: Callable[..., Result]) -> None:
    near = ask("show", f"{spoilt.ticket}0")
    assert near.exit_code == 2
    assert f"Did you mean '{spoilt.ticket}'?" in near.output
    ((other,),) = spoilt.demo.warehouse(
        "SELECT min(ticket_id) FROM stg.stg_tickets WHERE ticket_id <> ?", [spoilt.ticket]
    )
    assert f"'{other}' is in stg_tickets and is not set aside." in ask("show", other).output


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_the_export_has_keys_and_no_values(
    ending: str, spoilt: Spoilt, ask: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / f"aside.{ending}"
    ended = ask("export", "-o", path)
    assert ended.exit_code == 0, ended.output
    frame = {
        "csv": lambda: pl.read_csv(path),
        "json": lambda: pl.DataFrame(json.loads(path.read_text(encoding="utf-8"))),
        "parquet": lambda: pl.read_parquet(path),
    }[ending]()
    aside = spoilt.demo.warehouse("SELECT count(*) FROM ops.ops_quarantined_records")
    assert [(frame.height,)] == aside
    assert spoilt.ticket in frame["record_id"].to_list()
    assert SECRET.encode() not in path.read_bytes()
    assert b"calc" not in path.read_bytes()


def test_while_a_run_has_the_build_database_the_published_file_answers(
    spoilt: Spoilt, ask: Callable[..., Result]
) -> None:
    want = listed(ask)
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(spoilt.demo.home.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "held\n"
        assert listed(ask) == want
        shown = ask("show", spoilt.ticket)
        run.communicate()
    assert shown.exit_code == 0
    assert "A run is under way" in shown.output


def test_it_comes_back_by_itself_and_the_numbers_are_as_if_nothing_had_been(
    spoilt: Spoilt, clean_run: CleanRun, tmp_path: Path
) -> None:
    demo = spoilt.demo.copy_to(tmp_path / "home")
    assert demo.numbers()["mart.metric_values"] != clean_run.demo.numbers()["mart.metric_values"]
    since = dict(demo.warehouse("SELECT record_id, first_seen_at FROM ops.ops_quarantined_records"))

    # A run that finds nothing new, and one that computes all again, keep since when each is aside.
    demo.run(is_full=True)
    assert dict(demo.warehouse("SELECT record_id, first_seen_at FROM ops.ops_quarantined_records")) == since

    declare_reissues(demo)
    for path, content in spoilt.good.items():
        (demo.landing / path.relative_to(spoilt.demo.landing)).write_bytes(content)
    demo.run()
    assert demo.warehouse("SELECT record_id, rule_id FROM ops.ops_quarantined_records") == []
    assert demo.published("SELECT count(*) FROM meta.quarantined_records") == [(0,)]
    assert demo.failed_rules() == {}
    assert demo.numbers() == clean_run.demo.numbers()

    # Spoilt again: it is aside again, and since now.
    for path in spoilt.good:
        (demo.landing / path.relative_to(spoilt.demo.landing)).write_bytes(path.read_bytes())
    demo.run()
    again = dict(demo.warehouse("SELECT record_id, first_seen_at FROM ops.ops_quarantined_records"))
    assert again.keys() == since.keys()
    assert all(again[record] > since[record] for record in since)


def test_without_that_promise_a_corrected_event_log_only_adds(spoilt: Spoilt, tmp_path: Path) -> None:
    demo = spoilt.demo.copy_to(tmp_path / "home")
    for path, content in spoilt.good.items():
        (demo.landing / path.relative_to(spoilt.demo.landing)).write_bytes(content)
    demo.measure()
    assert demo.warehouse("SELECT DISTINCT record_id FROM ops.ops_quarantined_records") == [(spoilt.ticket,)]
    declare_reissues(demo)
    demo.measure()
    assert demo.warehouse("SELECT DISTINCT record_id FROM ops.ops_quarantined_records") == [], "said later, it counts"
