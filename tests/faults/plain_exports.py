"""Exports whose columns are called like the canonical columns that they feed, for defects in single rows and months.

Whatever one test spoils, the rest of the home stays as a good export would be. Contracts of real systems, their words
and their shapes are those of the simulated company.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from demo_homes import DemoHome
from sqlalchemy import BigInteger, Date, DateTime, Numeric

from data_contracts.feeds import canonical_tables
from pipelines.scaffold import HomeFacts, write_home

Row = Mapping[str, str]

_TYPES = ((DateTime, "timestamp"), (Date, "date"), (BigInteger, "integer"), (Numeric, "number"))
_FORMATS = {"date": '["%Y-%m-%d"]', "timestamp": '["%Y-%m-%d %H:%M:%S"]'}


def write_plain_home(folder: Path, policies: Mapping[str, str] | None = None) -> Path:
    """An empty home in euros and UTC, whose runs publish to the file alone."""
    write_home(folder, HomeFacts("Plain", "EUR", "UTC"), policies=dict(policies or {}))
    return DemoHome(folder).publish_to("duckdb").folder


def write_export(
    home: Path,
    name: str,
    fed: Mapping[str, Iterable[str]],
    rows: Iterable[Row],
    *,
    source: str = "plain",
    domain: str = "tickets",
    shape: str = "lines",
    required: Iterable[str] = (),
    zone: str = "UTC",
    settings: str = "",
    feeds: Mapping[str, str] | None = None,
    levels: str = "",
) -> None:
    """A contract and its one file.

    Args:
        fed: canonical table -> its columns; one that several tables have feeds all of them.
        rows: by column; what a row leaves out is empty.
        required: columns that the contract requires.
        settings: further custom properties of the object, as lines of YAML.
        feeds: column -> what it feeds in words of the contract, where that is no plain name.
        levels: entries of `slaProperties`.
    """
    columns: dict[str, list[str]] = {}
    for table, names in fed.items():
        for column in names:
            columns.setdefault(column, []).append(table)
    properties = "".join(
        _property(column, tables, column in set(required), (feeds or {}).get(column))
        for column, tables in columns.items()
    )
    contract = (
        f"apiVersion: v3.2.0\nkind: DataContract\nid: {name}\nname: {name}\nversion: 1.0.0\nstatus: active\n"
        f"domain: {domain}\n{f'slaProperties:{chr(10)}{levels}' if levels else ''}"
        'servers: [{server: landing, type: local, path: "*.csv", format: csv}]\n'
        f"schema:\n  - name: {name}\n    customProperties:\n      - {{property: shape, value: {shape}}}\n{settings}"
        f"    properties:\n{properties}"
        f"customProperties:\n  - {{property: source, value: {source}}}\n  - {{property: timeZone, value: {zone}}}\n"
    )
    (home / "contracts" / f"{name}.yaml").write_text(contract, encoding="utf-8")
    landing = home / "landing" / name
    landing.mkdir(parents=True, exist_ok=True)
    with (landing / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _property(column: str, tables: list[str], is_required: bool, feeds: str | None) -> str:
    canonical = canonical_tables()[tables[0]].columns.get(column)
    kind = "string"
    if canonical is not None:
        kind = next((name for sql_type, name in _TYPES if isinstance(canonical.type, sql_type)), "string")
    targets = feeds or f"[{', '.join(f'{table}.{column}' for table in tables)}]"
    properties = [f"{{property: feeds, value: {targets}}}"] if targets != "nothing" else []
    if kind in _FORMATS:
        properties.append(f"{{property: formats, value: {_FORMATS[kind]}}}")
    lines = [f"      - name: {column}", f"        logicalType: {kind}"]
    if is_required:
        lines.append("        required: true")
    if properties:
        lines.append(f"        customProperties: [{', '.join(properties)}]")
    return "\n".join(lines) + "\n"
