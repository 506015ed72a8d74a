"""Keys that the exports of two contracts bring: which contracts, how many, and what to do about them.

That a key stands twice breaks a rule in `data_contracts/warehouse`; which lines are kept is for
`pipelines.staging.lines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from data_contracts.spec import ExportContract
from data_contracts.verdict import RuleResult
from models.catalog import table_named
from models.ddl import qualified_name, quote_identifier
from pipelines.warehouse import Warehouse

_MOST_PAIRS: Final = 3


def name_shared_keys(
    warehouse: Warehouse, results: Sequence[RuleResult], contracts: Sequence[ExportContract]
) -> list[RuleResult]:
    """The results, those about keys that stand twice with the contracts that share them in their message.

    Call in the transaction in which the rules were evaluated.
    """
    origins = {contract.id: contract.origin for contract in contracts}
    return [
        replace(result, rule=replace(result.rule, message=f"{result.rule.message} {said}"))
        if result.failed_count and (said := _say_shared(warehouse, result, origins))
        else result
        for result in results
    ]


def _say_shared(warehouse: Warehouse, result: RuleResult, origins: dict[str, str]) -> str:
    layer, _, name = result.rule.table_name.rpartition(".")
    if layer != "stg" or not result.rule.id.endswith(".unique"):
        return ""
    table = table_named(name)
    keys = [column.name for column in table.primary_key.columns]
    if len(keys) != 1 or "source" not in table.columns:
        return ""
    key = quote_identifier(keys[0])
    pairs = warehouse.rows(
        f"""
        WITH shared AS (
            SELECT {key} AS key, min(source) AS source, min(export) AS first, max(export) AS last
            FROM {qualified_name(table)} JOIN ops.ops_loads USING (load_id)
            GROUP BY {key} HAVING count(DISTINCT export) > 1
        )
        SELECT source, first, last, count(*), min(key) FROM shared GROUP BY ALL ORDER BY ALL
        """
    )
    said = []
    for source, first, last, count, example in pairs[:_MOST_PAIRS]:
        keys_are = "1 key is" if count == 1 else f"{count:,} keys are"
        said.append(
            f"{keys_are} in files of {origins.get(first, first)} and of {origins.get(last, last)}, which both have the "
            f"source '{source}', such as '{example}'. If they are different records, give one of the two contracts "
            "another 'source'; if they are the same, land them for one of the two only."
        )
    return " ".join(said)
