"""Readers of sample exports that share nothing with the pipeline's."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sample import SampleSummary

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Sample:
    """A landing folder and what is true of it."""

    landing: Path
    summary: SampleSummary

    def files(self, export: str) -> list[Path]:
        """Files of one export, in order of name."""
        return sorted((self.landing / export).iterdir())

    def csv_rows(self, export: str, *, encoding: str = "utf-8", delimiter: str = ",") -> Iterator[dict[str, str]]:
        """Rows of all files of a CSV export."""
        for path in self.files(export):
            with path.open(encoding=encoding, newline="") as file:
                yield from csv.DictReader(file, delimiter=delimiter, strict=True)

    def ledger(self) -> list[dict[str, str]]:
        """Lines of the general ledger."""
        return list(self.csv_rows("general_ledger", encoding="cp1252", delimiter=";"))

    def issues(self) -> list[dict[str, Any]]:
        """Jira issues."""
        (path,) = self.files("jira_issues")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def support_tickets(self) -> list[dict[str, Any]]:
        """Zendesk tickets of all quarters."""
        files = self.files("zendesk_tickets")
        return [ticket for path in files for ticket in json.loads(path.read_text(encoding="utf-8"))["tickets"]]


def read_local(written: str) -> datetime:
    """A ServiceNow time as an aware instant."""
    return datetime.strptime(written, "%d/%m/%Y %H:%M:%S").replace(tzinfo=AMSTERDAM)


def read_ledger_date(written: str) -> date:
    """D.M.YYYY."""
    day, month, year = written.split(".")
    return date(int(year), int(month), int(day))


def read_ledger_amount(written: str) -> Decimal:
    """1.234,56 and 1.234,56- and -12,00."""
    digits = Decimal(written.replace("-", "").replace(".", "").replace(",", "."))
    return -digits if "-" in written else digits


def read_invoice_amount(written: str) -> Decimal:
    """1,234.56 and (12.00)."""
    digits = Decimal(written.strip("()").replace(",", ""))
    return -digits if written.startswith("(") else digits


def read_invoice_date(written: str) -> date:
    """MM/DD/YYYY."""
    month, day, year = written.split("/")
    return date(int(year), int(month), int(day))


def read_delivery_date(written: str) -> date:
    """2-Jun-26."""
    day, month, year = written.split("-")
    return date(2000 + int(year), MONTHS.index(month) + 1, int(day))
