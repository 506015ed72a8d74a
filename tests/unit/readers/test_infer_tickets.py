"""Drafts of contracts for tickets: event logs, repeated snapshots, dates, and what is no export at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest
from drafts import Draft, column_of, feeds_of, incident_rows, unwrap, write_lines

from data_contracts.spec import Snapshots
from models.vocabulary import Domain, ExportShape, SnapshotInstant
from pipelines.infer.date_formats import read_dates
from pipelines.readers import RefusedFile


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
        # Without a field for the resolution nothing shows that it moved.
        assert [rule.id.partition(".")[2] for rule in item.rules if not rule.has_needed_feed] == ["reopenings.seen"]

    def test_with_a_field_for_the_resolution_reopenings_that_no_file_shows_are_looked_for(
        self, draft: Draft, tmp_path: Path
    ) -> None:
        (tmp_path / "tickets_2024-05-02.csv").write_text("", encoding="utf-8")
        rows: list[list[object]] = [["Ticket ID", "Created", "Status", "Resolved"]]
        rows += [[f"T-{n}", f"2024-01-{n % 28 + 1:02d} 08:00", "Resolved", "2024-05-01 09:00"] for n in range(30)]
        _, contract, _ = draft("tickets_2024-05-03.csv", write_lines(rows))
        assert feeds_of(contract)["tickets.resolved_at"] == "resolved"
        assert len(contract.rules) == 3
        assert all(rule.has_needed_feed for rule in contract.rules)

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
        ("last", "ends_before", "moment"),
        [
            # Other days end in the evening: it was exported in the morning.
            ("05:28", ["22:10", "18:00", "23:59", "09:15"], "06:00"),
            ("05:28", ["22:10", "18:00", "23:59", "05:10"], "end"),
            # So do they, and it ended when they do.
            ("16:58", ["16:30", "17:40", "16:59", "17:00"], "end"),
            ("23:41", ["23:45", "23:59", "23:50", "23:58"], "end"),
        ],
    )
    def test_a_file_whose_day_ends_earlier_than_others_was_exported_before_its_end(
        self, draft: Draft, tmp_path: Path, last: str, ends_before: list[str], moment: str
    ) -> None:
        (tmp_path / "tickets_2024-05-02.csv").write_text("", encoding="utf-8")
        rows: list[list[object]] = [["Ticket ID", "Created", "Status", "Closed"]]
        for day in range(1, 29):
            told = [f"2024-04-{day:02d} 04:00", "Closed", f"2024-04-{day:02d} {ends_before[day % len(ends_before)]}"]
            rows.append([f"T-{day}", *told])
        rows.append(["T-99", f"2024-05-03 {last}", "New", ""])
        _, contract, text = draft("tickets_2024-05-03.csv", write_lines(rows))
        snapshots = contract.objects[0].snapshots
        assert snapshots is not None
        assert snapshots.time_of_day == moment
        assert ("exported soon after, at 06:00?" in unwrap(text)) == (moment == "06:00")

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
