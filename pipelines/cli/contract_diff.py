"""`kpi contract diff`: what two versions of a contract say differently, whom it breaks, and which KPIs it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipelines.cli.exits import CommandError, ExitCode
from pipelines.cli.options import common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_contracts.comparing.difference import Difference
    from data_contracts.spec import ExportContract, WarehouseContract
    from pipelines.contracts.files import ContractText

#: More KPIs than this are counted in a line instead of named.
_MOST_NAMED = 3


@click.command("diff")
@click.argument("old", metavar="[OLD]")
@click.argument("new", metavar="NEW", required=False)
@json_option
@common_options
def diff(old: str, new: str | None, as_json: bool) -> ExitCode:
    """Tell the breaking from the compatible changes between two versions of a contract.

    OLD and NEW are files, or ids of packaged contracts: a template such as 'deliveries', or 'warehouse_tickets'.
    NEW alone is compared with the template that it extends.

    A change breaks files if one that was good may now be refused, held or set aside. It breaks numbers if what readers
    of the KPIs were promised no longer holds, or if the same file now gives other numbers.

    Exit codes: 0 nothing breaks, 6 something does, 2 one of them is no valid contract.
    """
    from pipelines.cli.tables import show_json
    from pipelines.gate.affected_metrics import metrics_of_difference

    before, after = _read_both(old, new)
    versions = _load(before), _load(after)
    differences = _compare(*versions)
    packaged = _warehouse_contracts(versions[1])
    metrics = [metrics_of_difference(difference, packaged) for difference in differences]
    if as_json:
        show_json(
            {
                "old": {"file": before.origin, "id": versions[0].id, "version": versions[0].version},
                "new": {"file": after.origin, "id": versions[1].id, "version": versions[1].version},
                "is_breaking": any(difference.is_breaking for difference in differences),
                "changes": [
                    {
                        "kind": difference.kind,
                        "place": difference.place,
                        "is_breaking": difference.is_breaking,
                        "breaks": sorted(difference.breaks),
                        "what": difference.what,
                        "feeds": list(difference.feeds),
                        "metrics": touched,
                    }
                    for difference, touched in zip(differences, metrics, strict=True)
                ],
            }
        )
    else:
        _show(before, after, versions, differences, metrics)
    is_breaking = any(difference.is_breaking for difference in differences)
    return ExitCode.BREAKING if is_breaking else ExitCode.OK


def _read_both(old: str, new: str | None) -> tuple[ContractText, ContractText]:
    from pipelines.contracts.files import packaged_contracts, read_contract

    if new is not None:
        return read_contract(old), read_contract(new)
    after = read_contract(old)
    template = after.extended
    packaged = packaged_contracts()
    if template is None or template not in packaged:
        raise CommandError(f"{after.origin} extends no template; name two contracts: kpi contract diff OLD NEW.")
    return packaged[template], after


def _load(text: ContractText) -> ExportContract | WarehouseContract:
    return text.load()


def _compare(old: ExportContract | WarehouseContract, new: ExportContract | WarehouseContract) -> Sequence[Difference]:
    """The differences, those that break something first."""
    from data_contracts.comparing.contracts import compare_exports, compare_warehouses
    from data_contracts.spec import ExportContract, WarehouseContract

    if isinstance(old, ExportContract) and isinstance(new, ExportContract):
        found = compare_exports(old, new)
    elif isinstance(old, WarehouseContract) and isinstance(new, WarehouseContract):
        found = compare_warehouses(old, new)
    else:
        raise CommandError(
            "One of them is about an export and the other about canonical tables; compare like with like."
        )
    return sorted(found, key=lambda difference: not difference.is_breaking)


def _warehouse_contracts(new: ExportContract | WarehouseContract) -> Sequence[WarehouseContract]:
    """The packaged contracts of canonical tables, with the newer version in the place of its own."""
    from data_contracts.loader import load_warehouse_contracts
    from data_contracts.spec import WarehouseContract

    others = load_warehouse_contracts()
    return [new if isinstance(new, WarehouseContract) and new.id == other.id else other for other in others]


def _show(
    before: ContractText,
    after: ContractText,
    versions: Sequence[ExportContract | WarehouseContract],
    differences: Sequence[Difference],
    metrics: Sequence[Sequence[str]],
) -> None:
    from pipelines.cli.tables import Column, show_heading, show_paragraph, show_table
    from pipelines.gate.affected_metrics import name_briefly
    from pipelines.words.numbers import count_of

    show_heading(f"{before.origin} {versions[0].version}  →  {after.origin} {versions[1].version}")
    if not differences:
        click.echo("They say the same.")
        return
    show_table(
        [Column("change"), Column("breaks"), Column("where"), Column("what"), Column("KPIs")],
        [
            (
                "breaking" if difference.is_breaking else "compatible",
                " and ".join(sorted(difference.breaks)) or "nothing",
                difference.place,
                difference.what,
                ", ".join(brief) if len(brief := name_briefly(touched)) <= _MOST_NAMED else f"{len(touched)} KPIs",
            )
            for difference, touched in zip(differences, metrics, strict=True)
        ],
    )
    breaking = [difference for difference in differences if difference.is_breaking]
    touched = {
        name for difference, names in zip(differences, metrics, strict=True) if difference.is_breaking for name in names
    }
    click.echo()
    click.echo(
        f"{count_of(len(breaking), 'breaking change')}, {count_of(len(differences) - len(breaking), 'compatible one')}."
    )
    if touched:
        show_paragraph(f"KPIs that the breaking ones touch: {', '.join(name_briefly(touched))}.")
    if breaking and _major(versions[1].version) <= _major(versions[0].version):
        show_paragraph(
            f"The version went from {versions[0].version} to {versions[1].version}; a breaking change raises its first "
            "number, so that whoever reads it can tell."
        )


def _major(version: str) -> int:
    first = version.lstrip("v").partition(".")[0]
    return int(first) if first.isdigit() else 0
