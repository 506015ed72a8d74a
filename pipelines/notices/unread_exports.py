"""Contracts of which nothing was ever read: somebody promised the export, and no file of it has come."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pipelines.staging.mapping import fed_tables

if TYPE_CHECKING:
    from data_contracts.spec import ExportContract
    from pipelines.project import Project

#: Statuses of the standard under which nobody promises anything any longer.
NO_LONGER: Final = {"deprecated": "is deprecated", "retired": "is retired"}
#: The canonical tables that each kind of data with a clock is of.
_TABLES: Final[Mapping[str, frozenset[str]]] = {
    "tickets": frozenset({"tickets", "ticket_events"}),
    "finance": frozenset({"cost_lines"}),
    "deliveries": frozenset({"deliveries"}),
    "invoices": frozenset({"vendor_invoice_lines"}),
}


def unread_contracts(project: Project, loaded: Container[str]) -> Iterator[ExportContract]:
    """Contracts in force of which no file was ever read.

    Args:
        loaded: contracts of which files were read, also if they were taken away since.
    """
    return (item for item in project.contracts if item.id not in loaded and item.status not in NO_LONGER)


def unread_folders(project: Project, loaded: Container[str]) -> dict[str, str]:
    """The landing folders of such contracts, by the kind of data that they would feed: `landing/jira_issues/`."""
    found: dict[str, list[str]] = {data: [] for data in _TABLES}
    for contract in unread_contracts(project, loaded):
        fed = {table for item in contract.objects for table in fed_tables(item)}
        for data, tables in _TABLES.items():
            if fed & tables:
                found[data].append(f"{project.home.landing.name}/{contract.id}/")
    return {data: ", ".join(folders) for data, folders in found.items()}
