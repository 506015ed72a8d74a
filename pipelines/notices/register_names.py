"""Names in the contract register that do nothing: a vendor that neither bills nor delivers, and an item for which two
contracts of one vendor hold on the same days.

Only notices: a vendor may be new, and orders may say which contract is meant. What breaks a rule is found by
`data_contracts/warehouse/vendors.yaml`, names in policies by `pipelines.notices.unknown_names`, which reads both
together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from data_contracts.problems import suggest
from pipelines.infer.rendering import quote
from pipelines.words.numbers import list_some

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice

#: Names, items and pairs that are told one by one.
_MOST_TOLD: Final = 5
#: Contracts of one vendor that hold on the same days and have the same item: dimension `contract.overlap`, and in one
#: text both contracts, vendor, item, first and last day. `metrics.vendors.matching` prices no line of these.
OVERLAPS: Final = """
    SELECT 'contract.overlap', concat_ws(
        chr(31), one.contract, other.contract, one.vendor, min(one.item),
        greatest(one.start_date, other.start_date), least(one.end_date, other.end_date)
    )
    FROM terms AS one JOIN terms AS other USING (vendor_name, item_name)
    WHERE one.contract < other.contract
      AND one.start_date <= other.end_date AND other.start_date <= one.end_date
    GROUP BY one.contract, other.contract, one.vendor, item_name, one.start_date, other.start_date, one.end_date,
        other.end_date
"""
#: What they are found in, to stand before them: contracts whose days and vendor nothing contradicts.
TERMS: Final = r"""
    WITH days AS (
        SELECT trim(vendor_contract_id) AS contract, min(start_date) AS start_date,
               coalesce(min(end_date), DATE '9999-12-31') AS end_date
        FROM stg.stg_vendor_contracts WHERE vendor_contract_id IS NOT NULL
        GROUP BY ALL
        HAVING count(DISTINCT start_date) = 1 AND count(DISTINCT end_date) <= 1 AND count(DISTINCT vendor) = 1
    ), terms AS (
        SELECT contract, days.start_date, days.end_date, min(trim(vendor)) AS vendor, min(trim(item)) AS item,
               regexp_replace(lower(trim(vendor)), '\s+', ' ', 'g') AS vendor_name,
               regexp_replace(lower(trim(item)), '\s+', ' ', 'g') AS item_name
        FROM stg.stg_vendor_contracts JOIN days ON contract = trim(vendor_contract_id)
        WHERE vendor IS NOT NULL AND item IS NOT NULL GROUP BY ALL
    )
"""


def find_idle_vendors(names: Mapping[str, frozenset[str]]) -> Iterator[Notice]:
    """Vendors of the contract register of whom there is neither an invoice nor a delivery, where there are any."""
    from pipelines.notices.finding import Notice  # it needs the policies' decoder, which takes long to import

    dealing = names.get("dealing.vendor", frozenset())
    folded = {" ".join(name.casefold().split()) for name in dealing}
    idle = [
        name
        for name in sorted(names.get("contract.vendor", frozenset()))
        if dealing and " ".join(name.casefold().split()) not in folded
    ]
    nobody = []
    for name in idle:
        near = suggest(name, sorted(dealing))
        if near is None:
            nobody.append(f"'{name}'")
            continue
        message = (
            f"The contract register names the vendor '{name}', which no invoice and no delivery has, so nothing is "
            f"held against its contracts. Did you mean '{near}'? Correct the register, or write in "
            f"policies/dimensions.yaml under vendor: {quote(near)}: [{quote(name)}]."
        )
        yield Notice("unknown_name", "contract register", message)
    if nobody:
        which = "a vendor" if len(nobody) == 1 else f"{len(nobody)} vendors"
        yield Notice(
            "unknown_name",
            "contract register",
            f"The contract register names {which} of whom there is no invoice and no delivery: "
            f"{list_some(nobody, _MOST_TOLD)}. If there should be, look how they spell the name.",
        )


def find_overlaps(names: Mapping[str, frozenset[str]]) -> Iterator[Notice]:
    """Pairs of contracts of one vendor that both price an item on the same days, each pair once with its items."""
    from pipelines.notices.finding import Notice  # it needs the policies' decoder, which takes long to import

    pairs: dict[tuple[str, ...], list[str]] = {}
    for told in sorted(names.get("contract.overlap", frozenset())):
        one, other, vendor, item, first, last = told.split("\x1f")
        pairs.setdefault((one, other, vendor, first, last), []).append(f"'{item}'")
    for (one, other, vendor, first, last), items in list(pairs.items())[:_MOST_TOLD]:
        until = "on" if last == "9999-12-31" else f"to {last}"
        more = f" and {len(items) - _MOST_TOLD} more" if len(items) > _MOST_TOLD else ""
        yield Notice(
            "overlapping_contracts",
            "contract register",
            f"The contracts {one} and {other} of '{vendor}' both have {', '.join(items[:_MOST_TOLD])}{more} from "
            f"{first} {until}. What is billed for it then has no contracted price, unless its order names "
            "the contract. End one of them, take the item out of one, or let orders name the contract.",
        )
    if len(pairs) > _MOST_TOLD:
        told = (
            f"{len(pairs) - _MOST_TOLD} more pairs of contracts of one vendor have an item in common on the same days."
        )
        yield Notice("overlapping_contracts", "contract register", told)
