"""Contract text in, records out: parsed, merged with its template, checked against the standard, decoded strictly.

Nothing is read here but the contracts that ship with the package; a home's files are read by `pipelines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from sqlalchemy import Table

from data_contracts.custom_properties import WarehouseProperties, read_custom
from data_contracts.documents import Document, DocumentError, Path, parse_document
from data_contracts.export_reader import ExportReader, hash_of
from data_contracts.feeds import canonical_tables
from data_contracts.merging import merge_documents
from data_contracts.problems import list_words, suggest, words_of
from data_contracts.rules import RuleTarget, default_key, read_rules
from data_contracts.spec import ExportContract, Rule, WarehouseContract
from data_contracts.standard import check_standard
from models.catalog import tables_of
from models.vocabulary import Domain, Layer


def packaged_templates() -> dict[str, str]:
    """The text of every export contract that ships with the package, by its id."""
    folder = resources.files("data_contracts").joinpath("exports")
    files = sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else []
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in files
        if entry.name.endswith(".yaml")
    }


def packaged_warehouse_contracts() -> dict[Domain, str]:
    """The text of every contract of canonical tables that ships with the package."""
    folder = resources.files("data_contracts").joinpath("warehouse")
    return {domain: folder.joinpath(f"{domain.value}.yaml").read_text(encoding="utf-8") for domain in Domain}


def packaged_fact_contracts() -> dict[str, str]:
    """The text of every contract of facts that ships with the package, by its name: see `load_fact_contract`."""
    folder = resources.files("data_contracts").joinpath("warehouse")
    names = {entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    return {
        name: folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        for name in sorted(names - {domain.value for domain in Domain})
    }


def load_export_contract(text: str, origin: str, templates: Mapping[str, str]) -> ExportContract:
    """An export contract from its YAML text.

    Args:
        origin: the contract's file as a person knows it.
        templates: id -> text of the contracts that it may extend; see `packaged_templates`.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong.
    """
    document = _with_template(parse_document(text, origin), templates, ())
    problems = check_standard(document)
    if problems:
        raise DocumentError(problems)
    reader = ExportReader(document)
    contract = reader.read()
    if reader.problems or contract is None:
        raise DocumentError(sorted(reader.problems, key=lambda problem: (problem.file, problem.line or 0)))
    return contract


def _with_template(document: Document, templates: Mapping[str, str], above: tuple[str, ...]) -> Document:
    """The document merged over the template that it extends, if it extends one."""
    listed = document.at(("customProperties",))
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(entry, dict) or entry.get("property") != "extends":
            continue
        name, place = str(entry.get("value")), ("customProperties", index)
        if name in above or name not in templates:
            what = f"it extends '{name}', which " + ("extends itself" if name in above else "is no template")
            remedy = f"Templates are {list_words(templates)}."
            raise DocumentError([document.problem(place, what, remedy, suggest(name, templates))])
        template = parse_document(templates[name], f"template {name}.yaml")
        return merge_documents(_with_template(template, templates, (*above, name)), document)
    return document


def load_warehouse_contracts(overrides: Mapping[str, str] | None = None) -> tuple[WarehouseContract, ...]:
    """The contracts of the canonical tables, one per domain, in the order of `Domain`.

    Those that ship are not held to the standard once more, nor their queries parsed: tests do that, and every command
    would begin with it.

    Args:
        overrides: domain -> YAML text that is merged over the contract that ships with the package.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong.
    """
    contracts = []
    for domain, text in packaged_warehouse_contracts().items():
        name = f"{domain.value}.yaml"
        document = parse_document(text, f"data_contracts/warehouse/{name}")
        override = (overrides or {}).get(domain.value)
        if override is not None:
            document = merge_documents(document, parse_document(override, f"warehouse contract {name}"))
        contracts.append(read_warehouse_contract(document, is_shipped=override is None))
    return tuple(contracts)


@cache
def load_fact_contract(name: str) -> WarehouseContract:
    """The contract that ships with the package for some facts: rules that hold after they were built.

    Args:
        name: of its file in `data_contracts/warehouse`, without the ending.
    """
    document = parse_document(packaged_fact_contracts()[name], f"data_contracts/warehouse/{name}.yaml")
    return read_warehouse_contract(document, is_shipped=True)


def load_warehouse_contract(text: str, origin: str) -> WarehouseContract:
    """A contract of canonical tables, or of facts, from its YAML text; errors as in `load_warehouse_contracts`."""
    return read_warehouse_contract(parse_document(text, origin))


def read_warehouse_contract(document: Document, *, is_shipped: bool = False) -> WarehouseContract:
    """A contract of tables of the warehouse from its parsed document; errors as in `load_warehouse_contracts`.

    Args:
        is_shipped: whether it is as it ships with the package, where tests hold it to the standard.
    """
    problems = [] if is_shipped else check_standard(document)
    if problems:
        raise DocumentError(problems)
    value: dict[str, Any] = document.value
    properties = read_custom(document, (), WarehouseProperties, problems)
    words = words_of(Domain)
    if value.get("domain") not in words:
        what = f"key 'domain': '{value.get('domain')}' is not accepted"
        problems.append(document.problem(("domain",), what, f"Write {list_words(words)}."))
    if problems or properties is None:
        raise DocumentError(problems)
    facts: dict[str, Table] = {table.name: table for table in tables_of(Layer.CORE)}
    tables = facts if document.at(("schema", 0, "name")) in facts else canonical_tables()
    rules: list[Rule] = []
    for index, entry in enumerate(value.get("schema") or ()):
        place: Path = ("schema", index)
        name = str(entry["name"])
        if name not in tables:
            near = suggest(name, tables)
            problems.append(document.problem(place, f"'{name}' is no canonical table", "Correct the name.", near))
            continue
        table = tables[name]
        columns = tuple(column.name for column in table.columns)
        for inner, column in enumerate(entry.get("properties") or ()):
            if column.get("name") not in columns:
                what = f"'{column.get('name')}' is no column of {name}"
                near = suggest(str(column.get("name")), columns)
                problems.append(document.problem((*place, "properties", inner), what, "Correct the name.", near))
        target = RuleTarget(
            contract_id=str(value["id"]),
            contract_version=str(value["version"]),
            domain=Domain(value["domain"]),
            object_name=name,
            id_prefix=name,
            table_name=f"{table.schema}.{table.name}",
            columns=columns,
            key_column=default_key(table),
            owner=properties.owner,
            has_checked_queries=is_shipped,
        )
        rules += read_rules(document, place, target, problems)
    if problems:
        raise DocumentError(problems)
    return WarehouseContract(
        id=str(value["id"]),
        version=str(value["version"]),
        domain=Domain(value["domain"]),
        tables=tuple(str(entry["name"]) for entry in value.get("schema") or ()),
        rules=tuple(rules),
        origin=document.file,
        content_hash=hash_of(value),
    )
