"""What a file does not say and a draft needs all the same: its id, the system it comes from, its currency.

All of it stands in the draft for a person to correct.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipelines.infer.dated_names import leave_out_dates
from pipelines.infer.findings import ColumnFinding
from pipelines.readers import slugify_header

_SYSTEMS: Final = (
    ("servicenow", re.compile(r"sys_(created|updated|mod)|incident_state|cmdb_ci")),
    ("jira", re.compile(r"issuetype|customfield_|changelog|issue_key")),
    ("zendesk", re.compile(r"requester_id|audits|organization_id.*group_id")),
)
_CURRENCY_SIGNS: Final = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY"}
_CURRENCY_IN_HEADER: Final = re.compile(r"(?:^|_)(gbp|eur|usd|chf|jpy|cad|aud|sek|nok|dkk|pln)(?:_|$)")
#: Words that name no system, as in `my_export`.
_POSSESSIVES: Final = frozenset(("my", "our", "the"))
_DATE_IN_NAME: Final = re.compile(r"[-_. ]?(?:19|20)\d\d(?:[-_.]?(?:[Qq][1-4]|0[1-9]|1[0-2])(?:[-_.]?[0-3]\d)?)?(?!\d)")


def id_from_name(name: str) -> str:
    """The id of a contract, by the name of a file, without its date."""
    stem = re.sub(
        r"(\.(csv|tsv|txt|jsonl?|ndjson|xlsx|parquet|xes|gz|zip))+$", "", Path(name).name, flags=re.IGNORECASE
    )
    slug = slugify_header(_DATE_IN_NAME.sub("", leave_out_dates(stem))) or slugify_header(stem)
    plain = re.sub(r"[^a-z0-9_]", "", slug) or "export"
    return plain if plain[0].isalpha() else f"export_{plain}"


def guess_source(contract_id: str, examined: Sequence[Sequence[ColumnFinding]]) -> str:
    """The exporting system: one whose headers are known, else the first word of the contract's id."""
    headers = " ".join(column.header for columns in examined for column in columns)
    known = next((system for system, pattern in _SYSTEMS if pattern.search(headers)), None)
    words = [word for word in contract_id.split("_") if word not in _POSSESSIVES]
    return known or re.sub(r"[^a-z0-9]", "", words[0] if words else "") or "export"


def guess_currency(columns: Sequence[ColumnFinding]) -> tuple[str, str]:
    """The currency of all amounts, and what speaks for it."""
    for column in columns:
        named = _CURRENCY_IN_HEADER.search(slugify_header(column.header))
        if named:
            return named[1].upper(), f"the header '{column.header}' names it"
    for column in columns:
        if column.logical_type == "number":
            for sign, code in _CURRENCY_SIGNS.items():
                if column.text.str.contains(sign, literal=True).any():
                    return code, f"{column.header} holds {sign}"
    if any(
        column.text.head(1000).str.contains(r"\.gov\.uk|[sS]eRCOP").any() or "SeRCOP" in column.header
        for column in columns
    ):
        return "GBP", "the export follows a British public spending standard"
    return "XXX", "nothing in the file names a currency; until you replace XXX, no amount can be converted"
