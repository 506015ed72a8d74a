"""Drafts of contracts: what is found in files that the tests write, and in real exports where they are at hand."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract, Snapshots
from models.vocabulary import Domain, ExportShape, SnapshotInstant
from pipelines.infer import Inference, infer_contract, render_contract
from pipelines.infer.date_formats import read_dates
from pipelines.readers import ReadOptions, RefusedFile, inspect_file, read_export
from pipelines.staging.mapping import StagedPart, stage_object

Draft = Callable[..., tuple[Inference, ExportContract, str]]


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """Writes a file, drafts its contract and loads the draft as a home would."""

    def draft_file(name: str, content: str | bytes, **options: Any) -> tuple[Inference, ExportContract, str]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return draft_path(path, **options)

    return draft_file


def draft_path(path: Path, **options: Any) -> tuple[Inference, ExportContract, str]:
    inference = infer_contract(path, **options)
    text = render_contract(inference)
    return inference, load_export_contract(text, f"{path.name}.yaml", {}), text


def unwrap(text: str) -> str:
    """The draft with its comments on one line each."""
    return re.sub(r"\n *#   ", " ", text)


def feeds_of(contract: ExportContract, position: int = 0) -> dict[str, str]:
    """Canonical column -> the column that feeds it."""
    return {feed.target: column.name for column in contract.objects[position].columns for feed in column.feeds}


def column_of(contract: ExportContract, name: str) -> Any:
    return next(column for item in contract.objects for column in item.columns if column.name == name)


def write_lines(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    return "".join(
        delimiter.join(f'"{cell}"' if delimiter in str(cell) else str(cell) for cell in row) + "\n" for row in rows
    )


def incident_rows() -> list[list[object]]:
    header = [
        "number",
        "state",
        "opened_at",
        "sys_updated_at",
        "sys_mod_count",
        "priority",
        "assignment_group",
        "made_sla",
    ]
    rows: list[list[object]] = [header]
    for incident in range(40):
        for step, state in enumerate(("New", "Active", "Awaiting Vendor", "Resolved")):
            group = "?" if step == 0 else f"Group {incident % 3}"
            opened, updated = f"{incident % 28 + 1}/3/2016 09:1{step % 1}", f"{incident % 28 + 1}/4/2016 1{step}:05"
            rows.append([f"INC{incident:07d}", state, opened, updated, step, "3 - Moderate", group, "true"])
    return rows


class TestEventLog:
    def test_updates_of_an_incident(self, draft: Draft) -> None:
        inference, contract, text = draft("incidents_2016-03.csv", write_lines(incident_rows()))
        item = contract.objects[0]
        assert (contract.id, contract.domain, contract.format) == ("incidents", Domain.TICKETS, "csv")
        assert item.shape is ExportShape.EVENT_LOG
        assert item.granularity == "one row per update of a number"
        feeds = feeds_of(contract)
        assert feeds["tickets.ticket_id"] == feeds["ticket_events.ticket_id"] == "number"
        assert feeds["ticket_events.occurred_at"] == "sys_updated_at"
        assert feeds["ticket_events.event_sequence"] == "sys_mod_count"
        assert feeds["tickets.created_at"] == "opened_at"
        assert feeds["tickets.status"] == feeds["ticket_events.status"] == "state"
        assert feeds["tickets.team"] == "assignment_group"
        assert feeds["tickets.is_sla_met_at_source"] == "made_sla"
        assert contract.null_tokens == ("?",)
        assert column_of(contract, "opened_at").formats == ("%d/%m/%Y %H:%M",)
        assert inference.needs_zone
        assert "# CHECK: timestamps have no offset." in unwrap(text)
        assert '#     "Awaiting Vendor": {category: waiting, reason: vendor}  # 40 rows' in text

    def test_snapshot_has_no_events(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Ticket ID", "Created", "Closed", "Status", "Priority"]]
        rows += [[f"T-{n}", f"2024-01-{n % 28 + 1:02d}T08:00:00Z", "", "Open", "High"] for n in range(30)]
        _, contract, _ = draft("tickets.csv", write_lines(rows))
        assert contract.objects[0].shape is ExportShape.SNAPSHOT
        assert not any(target.startswith("ticket_events") for target in feeds_of(contract))
        assert column_of(contract, "ticket_id").required
        assert contract.time_zone is None

    def test_export_date_makes_repeated_snapshots(self, draft: Draft) -> None:
        rows: list[list[object]] = [["snapshot_date", "ticket_number", "created_at", "status", "updated_at"]]
        for day in (1, 2, 3):
            for n in range(25):
                state = "Closed" if n < 5 * day else "Open"
                rows.append([f"2024-05-0{day}", f"T{n:03d}", "2024-04-01 10:00", state, f"2024-05-0{day} 0{n % 10}:00"])
        _, contract, _ = draft("daily.csv", write_lines(rows))
        assert contract.objects[0].shape is ExportShape.REPEATED_SNAPSHOTS
        feeds = feeds_of(contract)
        assert feeds["tickets.ticket_id"] == "ticket_number"
        assert feeds["ticket_events.occurred_at"] == "snapshot_date"
        assert "ticket_events.status" not in feeds


class TestRepeatedSnapshots:
    def tickets(self, last: str = "2024-05-03 17:20") -> str:
        rows: list[list[object]] = [["Ticket ID", "Created", "Status", "Team"]]
        rows += [[f"T-{n}", f"2024-01-{n % 28 + 1:02d} 08:00", "Open", f"Team {n % 3}"] for n in range(30)]
        return write_lines([*rows, ["T-99", last, "New", "Team 1"]])

    def test_files_named_alike_are_one_export_that_comes_again(self, draft: Draft, tmp_path: Path) -> None:
        for name in ("tickets_2024-05-01.csv", "tickets_2024-05-02.csv.gz", "tickets_old.csv", "other_2024-05-02.csv"):
            (tmp_path / name).write_text("", encoding="utf-8")
        inference, contract, text = draft("tickets_2024-05-03.csv", self.tickets())
        (item,) = contract.objects
        assert (contract.id, item.shape) == ("tickets", ExportShape.REPEATED_SNAPSHOTS)
        assert item.snapshots == Snapshots(
            instant=SnapshotInstant.FILE_NAME, pattern="tickets_%Y-%m-%d.csv", time_zone="UTC", time_of_day="end"
        )
        assert "lie 2 more files with names like it, from tickets_2024-05-01.csv to tickets_2024-05-02" in unwrap(text)
        assert "# CHECK: The latest instant in the file is 2024-05-03 17:20, and its name tells" in unwrap(text)
        assert not any(target.startswith("ticket_events") for target in feeds_of(contract))
        assert not column_of(contract, "ticket_id").unique
        assert inference.needs_zone
        assert {rule.id.partition(".")[2] for rule in item.rules} == {
            "open_tickets.still_exported",
            "instants.agree_with_exports",
            "reopenings.seen",
        }
        assert {rule.key_column for rule in item.rules} == {"ticket_id"}

    def test_one_dated_file_alone_stays_a_snapshot_and_is_asked_about(self, draft: Draft) -> None:
        _, contract, text = draft("tickets_2024-05-03.csv", self.tickets())
        assert contract.objects[0].shape is ExportShape.SNAPSHOT
        assert "# CHECK: its name holds a date. Does such a file come every day?" in unwrap(text)
        assert '{property: snapshots, value: {instant: file_name, pattern: "tickets_%Y-%m-%d.csv", timeOfDay' in text

    def test_a_file_that_knows_nothing_of_its_day_was_exported_as_it_began(self, draft: Draft, tmp_path: Path) -> None:
        (tmp_path / "tickets_20240502.csv").write_text("", encoding="utf-8")
        _, contract, text = draft("tickets_20240503.csv", self.tickets("2024-05-02 23:11"))
        snapshots = contract.objects[0].snapshots
        assert snapshots is not None
        assert (snapshots.pattern, snapshots.time_of_day) == ("tickets_%Y%m%d.csv", "start")
        assert "2024-05-02 23:11, before the day in its name: exported as that day began?" in unwrap(text)

    @pytest.mark.parametrize(
        ("name", "other", "pattern"),
        [
            ("export-20240503T0600.csv", "export-20240502T0601.csv", "export-%Y%m%dT%H%M.csv"),
            ("export-20240503T060059Z.csv", "export-20240502T060101Z.csv", "export-%Y%m%dT%H%M%S%z.csv"),
            ("x 2024.05.03 06-00.csv", "x 2024.05.02 06-00.csv", "x %Y.%m.%d %H-%M.csv"),
            ("x_03-05-2024.csv", "x_31-05-2024.csv", "x_%d-%m-%Y.csv"),
            ("x_05-03-2024.csv", "x_05-31-2024.csv", "x_%m-%d-%Y.csv"),
            ("20240503060000_x.csv", "20240504060000_x.csv", "%Y%m%d%H%M%S_x.csv"),
        ],
    )
    def test_dates_and_times_in_names(self, draft: Draft, tmp_path: Path, name: str, other: str, pattern: str) -> None:
        (tmp_path / other).write_text("", encoding="utf-8")
        _, contract, text = draft(name, self.tickets("2024-05-01 09:00"))
        snapshots = contract.objects[0].snapshots
        assert snapshots is not None
        assert snapshots.pattern == pattern
        assert "day or month first" not in text

    def test_day_and_month_that_cannot_be_told_apart_are_asked_about(self, draft: Draft, tmp_path: Path) -> None:
        (tmp_path / "x_04-05-2024.csv").write_text("", encoding="utf-8")
        _, contract, text = draft("x_03-05-2024.csv", self.tickets("2024-03-01 09:00"))
        assert "# CHECK: day or month first in the names of files? They were read as x_%d-%m-%Y.csv" in unwrap(text)
        assert contract.objects[0].shape is ExportShape.REPEATED_SNAPSHOTS

    def test_a_column_with_the_day_of_the_export_tells_it(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Exported on", "Ticket ID", "Created", "Status"]]
        rows += [["2024-05-03", f"T-{n}", f"2024-01-{n % 28 + 1:02d} 08:00", "Open"] for n in range(30)]
        _, contract, text = draft("tickets.csv", write_lines(rows))
        (item,) = contract.objects
        assert item.shape is ExportShape.REPEATED_SNAPSHOTS
        assert feeds_of(contract)["ticket_events.occurred_at"] == "exported_on"
        assert "reads like the day of the export: the next one is another snapshot" in unwrap(text)
        assert len(item.rules) == 3


class TestLines:
    def test_german_ledger_with_title_rows_and_total(self, draft: Draft) -> None:
        lines = ["Kostenbericht; Stand 2026", "", "Journal;Posting date;Account;Vendor;Amount"]
        lines += [f"J{n:03d};{n % 28 + 1}.9.2026;6510;Vendor {n % 4};{n}.250,5{n % 10}" for n in range(1, 60)]
        lines += ["Total;;;;99.999,00"]
        _, contract, text = draft("ledger.csv", ("\n".join(lines) + "\n").encode("cp1252"))
        item = contract.objects[0]
        assert (contract.delimiter, contract.decimal_separator, contract.thousands_separator) == (";", ",", ".")
        assert item.header_row == 3
        assert item.shape is ExportShape.LINES
        assert [rule.column for rule in item.ignore_rows] == ["journal"]
        assert item.constants == {"cost_lines.currency_code": "XXX"}
        assert "# CHECK: cost_lines.currency_code is XXX on every row?" in unwrap(text)
        feeds = feeds_of(contract)
        assert feeds["cost_lines.amount_original"] == "amount"
        assert feeds["cost_lines.posting_date"] == "posting_date"
        assert column_of(contract, "account").logical_type == "string"

    def test_equal_lines_are_told_and_no_key_is_invented(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Payment Date", "Transaction Number", "Net Amount", "Supplier Name"]]
        rows += [["2021-11-26", 309, "-352.00", "DREAMS LTD"]] * 3
        rows += [["2021-11-27", 300 + n, f"{n}.5{n % 10}", "BRAKES"] for n in range(20)]
        _, contract, text = draft("spend.csv", write_lines(rows))
        assert "cost_lines.cost_line_id" not in feeds_of(contract)
        assert feeds_of(contract)["cost_lines.document_id"] == "transaction_number"
        assert "# CHECK: 2 rows repeat another row exactly; all are kept" in unwrap(text)

    def test_phrases_in_number_and_date_columns(self, draft: Draft) -> None:
        rows: list[list[object]] = [["ID", "Vendor", "Scheduled Delivery Date", "Delivered Date", "Freight Cost (USD)"]]
        for n in range(60):
            delivered = "Date Not Captured" if n % 6 == 0 else f"{n % 28 + 1}-Jun-06"
            freight = "Invoiced Separately" if n % 5 == 0 else f"See DN-{n} (ID#:{n})" if n % 7 == 0 else f"{n}.75"
            rows.append([n, "Vendor A", f"{n % 28 + 1}-Jul-06", delivered, freight])
        _, contract, text = draft("deliveries.csv", "\ufeff" + write_lines(rows))
        feeds = feeds_of(contract)
        assert (feeds["deliveries.promised_date"], feeds["deliveries.delivered_date"]) == (
            "scheduled_delivery_date",
            "delivered_date",
        )
        assert feeds["deliveries.delivery_id"] == "id"
        assert column_of(contract, "delivered_date").formats == ("%d-%b-%y",)
        assert column_of(contract, "freight_cost_usd").logical_type == "number"
        assert set(contract.null_tokens) == {"Date Not Captured", "Invoiced Separately"}
        assert '"Date Not Captured" (10) stand in place of dates' in unwrap(text)
        assert "cannot be read as numbers" in unwrap(text)

    def test_document_and_line_make_a_key(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Invoice Number", "Line", "Vendor", "Invoice Date", "Amount", "Currency"]]
        rows += [[f"A{n // 3}", n % 3 + 1, "V", f"2026-01-{n % 28 + 1:02d}", f"{n % 2}.50", "EUR"] for n in range(60)]
        _, contract, _ = draft("invoices.csv", write_lines(rows))
        fed = [
            column.name
            for column in contract.objects[0].columns
            if "vendor_invoice_lines.vendor_invoice_line_id" in {feed.target for feed in column.feeds}
        ]
        assert fed == ["invoice_number", "line"]

    def test_purchase_orders_with_one_line_each_are_known_by_order_and_line(self, draft: Draft) -> None:
        rows: list[list[object]] = [
            ["PO Number", "Line", "Supplier", "Contract", "Approved amount", "Currency", "Start", "End"]
        ]
        rows += [
            [f"PO-{n}", 1, "Acme", f"C-{n % 3}", f"{n}00.50", "EUR", f"2026-{n % 12 + 1:02d}-01", "2026-12-31"]
            for n in range(1, 40)
        ]
        _, contract, _ = draft("orders.csv", write_lines(rows))
        assert contract.domain is Domain.VENDORS
        fed = {column.name: {feed.target for feed in column.feeds} for column in contract.objects[0].columns}
        key = "purchase_orders.purchase_order_line_id"
        assert fed == {
            "po_number": {"purchase_orders.purchase_order_id", key},
            "line": {key},
            "supplier": {"purchase_orders.vendor"},
            "contract": {"purchase_orders.vendor_contract_id"},
            "approved_amount": {"purchase_orders.approved_original"},
            "currency": {"purchase_orders.currency_code"},
            "start": {"purchase_orders.start_date"},
            "end": {"purchase_orders.end_date"},
        }

    def test_workbook_with_titles_above_the_header(self, tmp_path: Path) -> None:
        path = tmp_path / "budget_2026.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Budget")
            sheet.write_row(0, 0, ["Plan of the year"])
            sheet.write_row(3, 0, ["Month", "Cost centre", "Account", "Budget amount", "Currency"])
            for row in range(24):
                sheet.write_row(
                    4 + row, 0, [f"2026-{row % 12 + 1:02d}-01", 4100 + row // 12, 6510, 1000.5 + row, "EUR"]
                )
            book.add_worksheet("Notes").write(0, 0, "nothing here")
        _, contract, text = draft_path(path)
        item = contract.objects[0]
        assert (contract.format, item.sheet, item.header_row, contract.id) == ("xlsx", "Budget", 4, "budget")
        assert feeds_of(contract)["budget_lines.amount_original"] == "budget_amount"
        assert "Sheet 'Notes' was left out" in unwrap(text)


class TestNested:
    def test_history_becomes_an_object_of_its_own(self, draft: Draft) -> None:
        issues = []
        steps = (("status", "In Progress"), ("priority", "High"), ("status", "Done"))
        for n in range(30):
            changes = [
                {"id": str(100 * n + step), "created": f"2024-02-{n % 28 + 1:02d}T1{step}:00:00.000+0000",
                 "author": {"displayName": "Ann"},
                 "items": [{"field": field, "fromString": "Open", "toString": to}]}
                for step, (field, to) in enumerate(steps)
            ]  # fmt: skip
            fields = {
                "created": "2024-01-01T00:00:00.000+0000",
                "status": {"name": "Done"},
                "priority": {"name": f"P{n % 3}"},
                "issuetype": {"name": "Bug"},
            }
            issues.append(
                {"key": f"AB-{n}", "self": "https://x", "fields": fields, "changelog": {"histories": changes}}
            )
        _, contract, text = draft("issues.jsonl", "\n".join(json.dumps(issue) for issue in issues) + "\n")
        records, history = contract.objects
        assert (contract.format, contract.source) == ("jsonl", "jira")
        assert history.record_path == "changelog.histories[].items[]"
        assert feeds_of(contract)["tickets.ticket_id"] == "key"
        assert column_of(contract, "priority").physical_name == "fields.priority.name"
        targets = {(feed.target, tuple(feed.when.items())) for column in history.columns for feed in column.feeds}
        assert ("ticket_events.ticket_id", ()) in targets
        assert ("ticket_events.occurred_at", ()) in targets
        assert ("ticket_events.status", (("items_field", ("status",)),)) in targets
        assert ("ticket_events.status_before", (("items_field", ("status",)),)) in targets
        assert "self" not in {column.name for column in records.columns}
        assert '"In Progress": active  # 30 rows' in text

    def test_wrapped_document(self, draft: Draft) -> None:
        tickets = [
            {
                "id": n,
                "created_at": f"2024-02-01T10:{n:02d}:00Z",
                "status": "open" if n % 2 else "closed",
                "priority": "low",
            }
            for n in range(30)
        ]
        _, contract, _ = draft("page.json", json.dumps({"tickets": tickets, "count": 30}))
        assert contract.format == "json"
        assert contract.objects[0].record_path == "tickets[]"
        assert column_of(contract, "created_at").physical_name == "tickets[].created_at"

    def test_event_log_xml_warns_of_repeated_amounts(self, draft: Draft) -> None:
        traces = "".join(
            f'<trace><string key="concept:name" value="case {n}"/><float key="amount" value="{n}.5"/>'
            + "".join(
                f'<event><string key="concept:name" value="{name}"/>'
                f'<date key="time:timestamp" value="2020-01-{n % 28 + 1:02d}T0{step}:00:00.000+01:00"/></event>'
                for step, name in enumerate(("Submitted", "Approved", "Payment Handled"))
            )
            + "</trace>"
            for n in range(30)
        )
        _, contract, text = draft("log.xes", f'<?xml version="1.0"?><log xes.version="1.0">{traces}</log>')
        assert contract.objects[0].shape is ExportShape.EVENT_LOG
        assert feeds_of(contract)["tickets.ticket_id"] == "case_concept_name"
        assert "adding it up over rows multiplies money" in unwrap(text)

    def test_event_log_of_money_is_one_line_a_case(self, draft: Draft) -> None:
        traces = "".join(
            f'<trace><string key="concept:name" value="declaration {n}"/>'
            + "".join(
                f'<event><string key="concept:name" value="{name}"/><string key="(case)_Amount" value="{n}.5"/>'
                f'<date key="time:timestamp" value="2020-01-{n % 28 + 1:02d}T0{step}:00:00.000+01:00"/></event>'
                for step, name in enumerate(("Submitted", "Approved", "Payment Handled")[: 3 if n else 2])
            )
            + "</trace>"
            for n in range(30)
        )
        log = f'<?xml version="1.0"?><log xes.version="1.0">{traces}</log>'
        _, contract, text = draft("expenses.xes", log)
        (item,) = contract.objects
        assert (contract.domain, item.shape) == (Domain.FINANCE, ExportShape.LINES)
        assert item.cases is not None
        assert item.cases.columns == ("case_concept_name",)
        feeds = {feed.target: feed for column in item.columns for feed in column.feeds}
        assert feeds_of(contract)["cost_lines.amount_original"] == "case_amount"
        dated = feeds["cost_lines.posting_date"]
        assert (dict(dated.when), dated.take) == ({"concept_name": ("Payment Handled",)}, "last")
        assert '1 of 30 cases have no "Payment Handled" and so no posting date' in unwrap(text)
        assert "CHECK: the day of an instant is another one in another zone" in unwrap(text)
        _, tickets, _ = draft("expenses.xes", log, domain=Domain.TICKETS)
        assert tickets.domain is Domain.TICKETS


LEDGER = [["Journal", "Date", "Account", "Debit", "Credit", "Cost centre"]]
LEDGER += [
    [f"J{n // 3}", f"2026-03-{n % 28 + 1:02}", "6100", *((f"{n}.10", "") if n % 3 else ("", f"{n}.20")), "A"]
    for n in range(60)
]


class TestMoney:
    def test_columns_for_debit_and_credit_feed_the_amount_together(self, draft: Draft) -> None:
        _, contract, text = draft("ledger.csv", write_lines(LEDGER))
        signs = {
            column.name: feed.sign.always
            for column in contract.objects[0].columns
            for feed in column.feeds
            if feed.target == "cost_lines.amount_original" and feed.sign is not None
        }
        assert signs == {"debit": "debit", "credit": "credit"}
        assert "# CHECK: does a credit take from cost here?" in unwrap(text)

    def test_a_column_of_marks_says_the_sign(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Journal", "Posting date", "Account", "Amount", "S/H"]]
        rows += [[f"J{n}", f"2026-03-{n % 28 + 1:02}", "6100", f"{n}.10", "HS"[n % 3 > 0]] for n in range(60)]
        _, contract, _ = draft("ledger.csv", write_lines(rows))
        (feed,) = column_of(contract, "amount").feeds
        assert feed.sign is not None
        assert (feed.sign.column, feed.sign.debit, feed.sign.credit) == ("s_h", ("S",), ("H",))

    def test_amounts_with_a_minus_have_their_sign(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Journal", "Posting date", "Account", "Amount", "S/H"]]
        rows += [[f"J{n}", f"2026-03-{n % 28 + 1:02}", "6100", f"{'-' * (n % 3 == 0)}{n}.10", "HS"[n % 3 > 0]]
                 for n in range(60)]  # fmt: skip
        _, contract, _ = draft("ledger.csv", write_lines(rows))
        assert column_of(contract, "amount").feeds[0].sign is None

    def test_a_total_row_and_a_repeated_total_become_control_totals(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Journal", "Posting date", "Account", "Amount", "Journal total"]]
        amounts = [Decimal(n) + Decimal("0.10") for n in range(60)]
        rows += [
            [f"J{n // 3}", f"2026-03-{n % 28 + 1:02}", "6100", amount, sum(amounts[n // 3 * 3 : n // 3 * 3 + 3])]
            for n, amount in enumerate(amounts)
        ]
        _, contract, text = draft("ledger.csv", write_lines(rows))
        (total,) = contract.objects[0].control_totals
        assert (total.of, total.told_in, total.per, total.row) == ("amount", "journal_total", ("journal",), None)
        assert "Journal total is what the lines of one Journal come to, for 20 of 20." in unwrap(text)
        whole = [row[:-1] for row in rows]
        _, contract, _ = draft("spend.csv", write_lines([*whole, ["Total", "", "", sum(amounts)]]))
        (total,) = contract.objects[0].control_totals
        assert total.row is not None
        assert (total.of, total.row.column) == ("amount", "journal")
        _, contract, _ = draft("other.csv", write_lines([*whole, ["Total", "", "", 1]]))
        assert contract.objects[0].control_totals == ()
        assert [rule.column for rule in contract.objects[0].ignore_rows] == ["journal"]

    def test_several_files_of_one_export_give_one_contract(self, draft: Draft, tmp_path: Path) -> None:
        first: list[list[object]] = [["Date paid", "Service division label", "Net amount", "Supplier name"]]
        first += [[f"{n % 28 + 1}/01/2026", "Parks", f"{n}.10", "Ace"] for n in range(40)]
        other: list[list[object]] = [["SupplierName", "Service divison label", " NetAmount ", "DatePaid", "Region"]]
        other += [["Ace", "Parks", f'" {n},000.10 "', f"{n % 28 + 1:02}-Feb-2026", "North"] for n in range(40)]
        path = tmp_path / "spend_february.csv"
        path.write_text("\n".join(",".join(map(str, row)) for row in other) + "\n", encoding="utf-8")
        _, contract, text = draft("spend_january.csv", write_lines(first), others=[path])
        assert set(column_of(contract, "date_paid").formats) == {"%d/%m/%Y", "%d-%b-%Y"}
        assert column_of(contract, "service_division_label").synonyms == ("Service divison label",)
        assert column_of(contract, "net_amount").synonyms == ()
        assert column_of(contract, "region").physical_name == "Region"
        assert contract.thousands_separator == ","
        assert "Drafted from 2 files" in text
        for name in ("spend_january.csv", "spend_february.csv"):
            staged = stage(tmp_path / name, contract, "cost_lines", may_lack={"region"})
            assert staged.frame.height == 40
            assert staged.problems.is_empty()
            (feed,) = column_of(contract, "service_division_label").feeds
            assert not staged.frame[feed.column].has_nulls()

    def test_files_of_different_exports_are_refused(self, draft: Draft, tmp_path: Path) -> None:
        path = tmp_path / "incidents.csv"
        path.write_text(write_lines(incident_rows()), encoding="utf-8")
        with pytest.raises(ValueError, match="are not files of one export"):
            draft("ledger.csv", write_lines(LEDGER), others=[path])


class TestDates:
    @pytest.mark.parametrize(
        ("texts", "formats", "rivals"),
        [
            (["1/2/2020", "13/2/2020"], ("%d/%m/%Y",), ()),
            (["1/2/2020", "2/13/2020"], ("%m/%d/%Y",), ()),
            (["1/2/2020", "3/4/2020"], ("%d/%m/%Y",), ("%m/%d/%Y",)),
            (["2020-01-02T03:04:05.678Z", "2020-01-02T03:04:05Z"], ("%Y-%m-%dT%H:%M:%S%.f%z",), ()),
            (["2-Jun-06", "12-Dec-07"], ("%d-%b-%y",), ()),
            (["2-Jun-06", "12/13/07"], ("%d-%b-%y", "%m/%d/%y"), ()),
            (["06/20/2016 10:04:21 PM"], ("%m/%d/%Y %I:%M:%S %p",), ()),
            (["20160301", "20161231"], ("%Y%m%d",), ()),
            (["March 3, 2020"], ("%b %d, %Y",), ()),
        ],
    )
    def test_formats_and_rivals(self, texts: list[str], formats: tuple[str, ...], rivals: tuple[str, ...]) -> None:
        reading = read_dates(pl.Series(texts), pl.Series([1] * len(texts)))
        assert reading is not None
        assert set(reading.formats) == set(formats)
        assert reading.rivals == rivals

    def test_both_orders_in_one_column_are_told(self) -> None:
        reading = read_dates(pl.Series(["13/2/2020", "2/13/2020", "25/2/2020"]), pl.Series([1, 1, 1]))
        assert reading is not None
        assert reading.formats == ("%d/%m/%Y", "%m/%d/%Y")
        assert reading.is_mixed

    def test_words_are_no_dates(self) -> None:
        assert read_dates(pl.Series(["1.2.3", "10.20.30.40", "May be", "12:30"]), pl.Series([1] * 4)) is None

    def test_open_order_is_settled_by_the_other_columns_or_asked(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Date paid", "Booked", "Amount", "Supplier"]]
        rows += [[f"0{n % 9 + 1}/02/2020", f"02/{n % 16 + 13}/2020", f"{n}.10", "A"] for n in range(20)]
        _, contract, text = draft("a.csv", write_lines(rows))
        assert column_of(contract, "date_paid").formats == ("%m/%d/%Y",)
        assert "Month first, as in the other columns of this file" in unwrap(text)
        _, contract, text = draft("b.csv", write_lines([[row[0], *row[2:]] for row in rows]))
        assert column_of(contract, "date_paid").formats == ("%d/%m/%Y",)
        assert "# CHECK: day or month first?" in unwrap(text)


class TestEverythingElse:
    def test_refuses_what_is_no_export(self, draft: Draft) -> None:
        with pytest.raises(RefusedFile, match="web page"):
            draft("export.csv", "<!DOCTYPE html><html><body>Log in</body></html>")

    def test_compressed_semicolon_file_of_another_alphabet(self, draft: Draft) -> None:
        text = "Größe;№;Дата\n" + "".join(f"{n},5;{n};2020-01-{n % 28 + 1:02d}\n" for n in range(40))
        inference, contract, _ = draft("maße.csv.gz", gzip.compress(text.encode()), contract_id="masse")
        assert contract.id == "masse"
        assert contract.file_pattern == "*.csv*"
        assert contract.decimal_separator == ","
        assert [column.physical_name for column in contract.objects[0].columns] == ["Größe", "№", "Дата"]
        assert inference.summary()["objects"]["masse"]["row_count"] == 40

    def test_same_file_gives_the_same_text(self, draft: Draft) -> None:
        content = write_lines(incident_rows())
        assert draft("incidents.csv", content)[2] == draft("incidents.csv", content)[2]


def real_export(pattern: str) -> Path:
    folder = os.environ.get("KPI_REAL_EXPORTS")
    if not folder:
        pytest.skip("KPI_REAL_EXPORTS names no folder of real exports")
    found = sorted(Path(folder).rglob(pattern))
    if not found:
        pytest.skip(f"no {pattern} below KPI_REAL_EXPORTS")
    return found[0]


def stage(
    path: Path, contract: ExportContract, table: str, *, may_lack: frozenset[str] | set[str] = frozenset()
) -> StagedPart:
    """Read and type a file exactly as a drafted contract says."""
    item = contract.objects[0]
    columns = {column.name: (column.physical_name, *column.synonyms) for column in item.columns}
    options = ReadOptions(
        contract.format, contract.encoding, contract.delimiter, header_row=item.header_row, columns=columns
    )
    landed = read_export(inspect_file(path, path.parent), options)
    assert set(landed.missing_columns) <= may_lack
    raw = landed.frame.with_columns(pl.lit("load").alias("_load_id"), pl.lit("hash").alias("_row_hash"))
    return stage_object(raw, contract, item, table)


@pytest.mark.real_exports
class TestRealExports:
    def test_every_export_gives_a_contract_that_loads(self) -> None:
        folder = real_export("*.csv.gz").parent.parent
        paths = [path for path in sorted(folder.rglob("*.*")) if path.suffix in (".gz", ".csv")]
        assert paths
        for path in paths:
            draft_path(path)

    def test_servicenow_stages_without_a_problem(self) -> None:
        path = real_export("servicenow_incident_audit.csv.gz")
        _, contract, _ = draft_path(path)
        events = stage(path, contract, "ticket_events")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert events.frame.height == len(rows)
        assert events.frame["ticket_id"].n_unique() == len({row["number"] for row in rows})
        assert events.problems.filter(pl.col("problem") == "unparsable").is_empty()
        assert set(feeds_of(contract)) >= {
            "tickets.created_at", "tickets.resolved_at", "tickets.closed_at", "tickets.priority", "tickets.team",
            "ticket_events.status", "ticket_events.occurred_at", "ticket_events.event_sequence",
        }  # fmt: skip

    @pytest.mark.parametrize("pattern", ["northtyneside_spend_*cards*", "northtyneside_spend_*invoices*"])
    def test_north_tyneside_adds_up(self, pattern: str) -> None:
        path = real_export(pattern)
        _, contract, _ = draft_path(path)
        staged = stage(path, contract, "cost_lines")
        with gzip.open(path, "rt", encoding=contract.encoding, newline="") as file:
            amounts = [Decimal(row["Net Amount"].replace(",", "").strip() or "0") for row in csv.DictReader(file)]
        assert staged.frame["amount_original"].sum() == sum(amounts)
        assert staged.frame.height + staged.ignored_count == len(amounts)
        assert staged.frame["currency_code"].unique().to_list() == ["GBP"]
        assert staged.problems.filter(pl.col("problem") == "unparsable").is_empty()

    def test_scms_deliveries_are_all_dated(self) -> None:
        path = real_export("scms_delivery_history.csv.gz")
        _, contract, _ = draft_path(path)
        staged = stage(path, contract, "deliveries")
        assert staged.frame.height == 10_324
        assert staged.frame["delivery_id"].is_unique().all()
        assert staged.frame["promised_date"].null_count() == staged.frame["delivered_date"].null_count() == 0
        assert staged.frame["vendor"].n_unique() == 73
        assert "Date Not Captured" in contract.null_tokens

    def test_three_spellings_of_one_spend_export_make_one_contract(self) -> None:
        first = real_export("leeds_spend_2010-12*")
        paths = [first, *(real_export(f"leeds_spend_{month}*") for month in ("2011-02", "2012-11"))]
        _, contract, _ = draft_path(first, others=paths[1:])
        assert column_of(contract, "service_division_label").synonyms == ("Service divison label",)
        for path in paths:
            staged = stage(path, contract, "cost_lines")
            assert staged.problems.is_empty()
            assert set(staged.frame.columns) >= {
                "posting_date",
                "vendor",
                "account",
                "service",
                "cost_centre",
                "document_id",
            }
            with gzip.open(path, "rt", encoding="cp1252", newline="") as file:
                rows = list(csv.DictReader(file))
            header = next(name for name in rows[0] if "".join(name.split()).lower() == "netamount")
            amounts = [Decimal(text) for row in rows if (text := (row[header] or "").strip().replace(",", ""))]
            assert staged.frame.height == len(amounts)
            assert staged.frame["amount_original"].sum() == sum(amounts)

    @pytest.mark.parametrize(("pattern", "count"), [("DomesticDeclarations*", 10_357), ("PrepaidTravelCost*", 2_007)])
    def test_declarations_are_drafted_as_one_line_a_case(self, pattern: str, count: int) -> None:
        path = real_export(pattern)
        _, contract, _ = draft_path(path)
        assert contract.domain is Domain.FINANCE
        staged = stage(path, contract, "cost_lines")
        assert staged.frame.height == staged.frame["cost_line_id"].n_unique() == count
        assert not staged.frame["amount_original"].has_nulls()
        assert staged.problems.filter(pl.col("problem") == "differs_within_case").is_empty()

    def test_receivables_name_their_customers(self) -> None:
        path = real_export("accounts_receivable*")
        _, contract, text = draft_path(path)
        staged = stage(path, contract, "vendor_invoice_lines")
        assert staged.frame.height == 2_466
        assert staged.frame["vendor"].n_unique() == 100
        assert "a customer stands in for the vendor" in unwrap(text)
