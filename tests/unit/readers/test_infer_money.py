"""Drafts of contracts for lines of money: ledgers, orders and workbooks, and their signs and totals."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from drafts import Draft, column_of, draft_path, feeds_of, incident_rows, stage, unwrap, write_lines

from data_contracts.loader import load_export_contract
from models.vocabulary import Domain, ExportShape


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

    def test_rows_without_a_value_hide_no_key_and_are_told(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Payment Date", "Transaction Number", "Net Amount", "Supplier Name"]]
        rows += [["2021-11-27", f"T{n}", f"{n}.50", "BRAKES"] for n in range(40)]
        _, contract, text = draft("spend.csv", write_lines([*rows, ["", " ", "", ""], ["", "", "", ""]]))
        number = column_of(contract, "transaction_number")
        assert (number.required, "unique: true" in text) == (True, True)
        assert "# 2 rows without a value in any column (such as row 42): they land, and no run counts them." in text
        assert "Empty on" not in text

    def test_a_number_that_nearly_all_lines_have_alone_is_offered_as_their_key(
        self, draft: Draft, tmp_path: Path
    ) -> None:
        rows: list[list[object]] = [["Payment Date", "Transaction Number", "Net Amount", "Supplier Name"]]
        rows += [["2021-11-27", "" if n == 7 else f"T{max(n, 2)}", f"{n}.50", "BRAKES"] for n in range(500)]
        _, contract, text = draft("spend.csv", write_lines(rows))
        assert "cost_lines.cost_line_id" not in feeds_of(contract)
        told = (
            "# 496 of 500 rows have a value of their own here. If every line has, in all files, write the line below "
            "instead: then a line that a later file brings again replaces the first one, and does not count twice. "
            "Lines without a value (1) count all the same. Lines that share one within a file (3) would hold "
            "what is made of the export."
        )
        assert told in unwrap(text)
        feeds = "- {property: feeds, value: cost_lines.document_id}"
        offered = "- {property: feeds, value: [cost_lines.cost_line_id, cost_lines.document_id]}"
        assert f"# {offered}" in text
        taken = load_export_contract(
            text.replace(feeds, "#").replace(f"# {offered}", offered), "contracts/spend.yaml", {}
        )
        staged = stage(tmp_path / "spend.csv", taken, "cost_lines")
        assert (staged.frame.height, staged.frame["cost_line_id"].null_count()) == (500, 1)

    def test_a_number_that_many_lines_share_is_not_offered(self, draft: Draft) -> None:
        rows: list[list[object]] = [["Payment Date", "Transaction Number", "Net Amount", "Supplier Name"]]
        rows += [["2021-11-27", f"T{n // 2 if n < 20 else n}", f"{n}.50", "BRAKES"] for n in range(500)]
        _, _, text = draft("spend.csv", write_lines(rows))
        assert "a value of their own" not in text

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
        assert '"Date Not Captured" (10) stands in place of dates' in unwrap(text)
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

    def test_days_of_prices_in_a_register_feed_them(self, draft: Draft) -> None:
        rows: list[list[object]] = [
            ["contract_id", "vendor", "start_date", "end_date", "item", "unit_price", "price_from", "price_to"],
            ["C-1", "Acme", "2026-01-01", "2026-12-31", "Laptop", "980.00", "", "2026-04-09"],
            ["C-1", "Acme", "2026-01-01", "2026-12-31", "Laptop", "1012.40", "2026-04-10", ""],
            ["C-2", "Bell", "2026-02-01", "2027-01-31", "Visit", "85.50", "", ""],
        ]
        _, contract, text = draft("register.csv", write_lines(rows))
        feeds = feeds_of(contract)
        assert feeds["vendor_contracts.price_start_date"] == "price_from"
        assert feeds["vendor_contracts.price_end_date"] == "price_to"
        assert (feeds["vendor_contracts.start_date"], feeds["vendor_contracts.end_date"]) == ("start_date", "end_date")
        _, _, text = draft("register.csv", write_lines([[*row[:7], ""] if row is not rows[0] else row for row in rows]))
        assert "# CHECK: it is empty here; its header speaks for vendor_contracts.price_end_date." in text

    def test_a_line_that_is_unique_alone_names_it_with_its_document_and_sender(self, draft: Draft) -> None:
        rows: list[list[object]] = [["line_no", "invoice_no", "vendor", "invoice_date", "amount", "currency"]]
        rows += [[n, f"A{n // 3}", f"V{n % 2}", f"2026-01-{n % 28 + 1:02d}", f"{n}.50", "EUR"] for n in range(1, 61)]
        inference, contract, text = draft("invoices.csv", write_lines(rows))
        fed = [
            column.name
            for column in contract.objects[0].columns
            if "vendor_invoice_lines.vendor_invoice_line_id" in {feed.target for feed in column.feeds}
        ]
        assert fed == ["line_no", "invoice_no", "vendor"]
        # The next file may count its lines anew.
        assert not column_of(contract, "line_no").unique
        assert inference.tables[0].grain.description == "one row per invoice_no, line_no and vendor"
        assert "No column and no pair" not in text

    @pytest.mark.parametrize("kind", [["budget"], ["budget", "forecast"]])
    def test_a_figure_of_a_plan_is_known_by_what_it_is_of(self, tmp_path: Path, kind: list[str]) -> None:
        header: list[object] = ["Month", "Cost centre", "Account", "Kind", "Amount", "Currency"]
        figures = [(month, centre, each) for month in range(1, 13) for centre in ("CC1", "CC2") for each in kind]
        paths = []
        for name, first in (("plan_v1.csv", 1), ("plan_v2.csv", 7)):
            rows = [
                [f"2026-{month:02d}-01", centre, account, each, f"{first * 1000 + month}.00", "EUR"]
                for month, centre, each in figures
                for account in (6100, 6400)
                if month >= first
            ]
            path = tmp_path / name
            path.write_text(write_lines([header, *rows]), encoding="utf-8")
            os.utime(path, (1_700_000_000, 1_700_000_000))
            paths.append(path)
        for chosen in (paths, paths[:1]):
            _, contract, text = draft_path(chosen[0], others=chosen[1:])
            fed = {column.name: {feed.column for feed in column.feeds} for column in contract.objects[0].columns}
            keyed = [name for name, targets in fed.items() if "budget_line_id" in targets]
            assert keyed == ["month", "cost_centre", "account", "kind"]
            assert "no key" not in text

    @pytest.mark.parametrize("gap", [False, True])
    def test_a_plan_whose_figures_repeat_is_said_to_have_no_key(self, draft: Draft, gap: bool) -> None:
        rows: list[list[object]] = [["Month", "Cost centre", "Account", "Kind", "Amount", "Currency"]]
        rows += [
            ["" if gap and n == 5 else f"2026-{n % 12 + 1:02d}-01", "CC1", "6100", "budget", f"{n}00.00", "EUR"]
            for n in range(12 if gap else 30)
        ]
        _, contract, text = draft("plan.csv", write_lines(rows))
        assert "budget_lines.budget_line_id" not in feeds_of(contract)
        said = "a month is missing" if gap else "lines repeat month, cost_centre, account and kind within a file"
        assert (
            f"# CHECK: no key: {said}, so that what a revised file tells again will add to the earlier one."
            in unwrap(text)
        )

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
        assert item.constants == {"budget_lines.kind": "budget"}
        assert "# CHECK: budget_lines.kind is budget on every row? No column says of each line" in unwrap(text)

    @pytest.mark.parametrize(
        ("headers", "kind"),
        [
            (["Month", "Account", "Budget amount"], "budget"),
            (["Month", "Account", "Forecast amount"], "forecast"),
            (["Month", "Account", "Budget amount", "Kind"], None),
        ],
    )
    def test_a_plan_is_drafted_with_its_kind(self, draft: Draft, headers: list[str], kind: str | None) -> None:
        """Every line of the draft is staged with a kind that the rules know; a column that says it is taken."""
        rows: list[list[object]] = [list(headers)]
        for n in range(24):
            cells = [f"2026-{n % 12 + 1:02d}-01", f"65{n // 12}0", f"{n}00.50", "forecast" if n % 2 else "budget"]
            rows.append([*cells[: len(headers)]])
        _, contract, _ = draft("budget.csv", write_lines(rows))
        assert contract.objects[0].constants.get("budget_lines.kind") == kind
        if kind is None:
            assert feeds_of(contract)["budget_lines.kind"] == "kind"


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
