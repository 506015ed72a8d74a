"""Contracts by the names that people give them: a file, a packaged template, or a packaged warehouse contract.

What a contract means is in `data_contracts`; which contracts a home has is in `pipelines.project`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_contracts.documents import Document, DocumentError, Problem, parse_document
from data_contracts.loader import (
    load_export_contract,
    load_warehouse_contract,
    packaged_fact_contracts,
    packaged_templates,
    packaged_warehouse_contracts,
)
from data_contracts.problems import list_words, suggest
from data_contracts.spec import ExportContract, WarehouseContract

#: More than any contract has; a larger file is something else.
_MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class ContractText:
    """A contract's text and what it is called.

    Attributes:
        origin: file or template, as a person knows it.
    """

    origin: str
    text: str

    @property
    def document(self) -> Document:
        """The text, parsed. Raises DocumentError."""
        return parse_document(self.text, self.origin)

    @property
    def is_of_warehouse(self) -> bool:
        """Whether it is about canonical tables: those contracts read no files, and extend nothing."""
        return not self.document.at(("servers",)) and self.extended is None

    @property
    def extended(self) -> str | None:
        """The template that it extends."""
        listed = self.document.at(("customProperties",))
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict) and entry.get("property") == "extends":
                return str(entry.get("value"))
        return None

    def load(self) -> ExportContract | WarehouseContract:
        """The contract. Raises DocumentError with everything that is wrong."""
        if self.is_of_warehouse:
            return load_warehouse_contract(self.text, self.origin)
        return load_export_contract(self.text, self.origin, packaged_templates())


def read_contract(name: str) -> ContractText:
    """The contract that a person names: a file that exists, else a packaged contract by its id.

    Raises:
        DocumentError: there is none.
    """
    path = Path(name)
    if path.is_file():
        return read_contract_file(path)
    packaged = packaged_contracts()
    if name in packaged:
        return packaged[name]
    what = f"there is no such file, and no packaged contract '{name}'"
    raise DocumentError([Problem(name, None, what, f"Packaged are {list_words(packaged)}.", suggest(name, packaged))])


def read_contract_file(path: Path, origin: str | None = None) -> ContractText:
    """The contract in a file.

    Args:
        origin: what to call the file; else its path.

    Raises:
        DocumentError: it is not text, or far too large for a contract.
    """
    origin = origin or str(path)
    if path.stat().st_size > _MOST_BYTES:
        raise DocumentError([Problem(origin, None, "this is far too large for a contract", "Name a YAML file.")])
    try:
        return ContractText(origin, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        what = "this is not a text in UTF-8"
        raise DocumentError([Problem(origin, None, what, "Name a YAML file, saved as UTF-8.")]) from error


def packaged_contracts() -> dict[str, ContractText]:
    """All contracts that ship with the package by id: templates of exports, then those of tables."""
    templates = {name: ContractText(f"template {name}.yaml", text) for name, text in packaged_templates().items()}
    texts = {domain.value: text for domain, text in packaged_warehouse_contracts().items()} | packaged_fact_contracts()
    warehouse = {
        f"warehouse_{name}": ContractText(f"data_contracts/warehouse/{name}.yaml", text) for name, text in texts.items()
    }
    return templates | warehouse
