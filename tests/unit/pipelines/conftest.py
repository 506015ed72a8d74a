"""Contracts written as an analyst would, for tests of landing and staging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from empty_warehouses import new_warehouse
from spend_contract import SPEND

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract
from pipelines.warehouse import Warehouse

UPDATES = """
apiVersion: v3.2.0
kind: DataContract
id: updates
name: Ticket updates
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: updates
    logicalType: object
    physicalType: file
    customProperties:
      - {property: shape, value: event_log}
    properties:
      - name: ticket
        logicalType: string
        required: true
        description: Ticket
        customProperties: [{property: feeds, value: [tickets.ticket_id, ticket_events.ticket_id]}]
      - name: at
        logicalType: timestamp
        required: true
        description: Instant
        customProperties:
          - {property: formats, value: ["%Y-%m-%d %H:%M"]}
          - {property: feeds, value: ticket_events.occurred_at}
      - name: field
        logicalType: string
        description: What changed
      - name: value
        logicalType: string
        description: New value
        customProperties:
          - property: feeds
            value:
              - {to: ticket_events.status, when: {field: status}}
              - {to: ticket_events.team, when: {field: team}}
      - name: service
        logicalType: string
        description: Service
        customProperties: [{property: feeds, value: tickets.service}]
customProperties:
  - {property: source, value: desk}
  - {property: timeZone, value: Europe/Amsterdam}
"""


@pytest.fixture
def spend() -> ExportContract:
    return load_export_contract(SPEND, "contracts/spend.yaml", {})


@pytest.fixture
def updates() -> ExportContract:
    return load_export_contract(UPDATES, "contracts/updates.yaml", {})


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with new_warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


@pytest.fixture
def drop(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file into the landing folder and return the folder."""
    folder = tmp_path / "landing"
    folder.mkdir()

    def write(name: str, content: str) -> Path:
        (folder / name).write_text(content, encoding="utf-8")
        return folder

    return write
