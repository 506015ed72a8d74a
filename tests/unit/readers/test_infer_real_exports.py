"""Drafts of contracts for real exports, where they are at hand."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal

import polars as pl
import pytest
from drafts import column_of, draft_path, feeds_of, real_export, stage, unwrap

from models.vocabulary import Domain


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
