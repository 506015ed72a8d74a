"""Whether a document is a contract of the Open Data Contract Standard, by the standard's own JSON schema.

What this warehouse adds to the standard (`customProperties`) is checked in `data_contracts.custom_properties`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Final, cast

from jsonschema import Draft201909Validator, ValidationError
from open_data_contract_standard.model import OpenDataContractStandard

from data_contracts.documents import Document
from data_contracts.problems import Path, Problem, known_keys, list_words, suggest

_QUOTED: Final = re.compile(r"'([^']*)'")

_KINDS: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of keys",
}


@cache
def _validator() -> Draft201909Validator:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return Draft201909Validator(json.loads(text))


def check_standard(document: Document) -> list[Problem]:
    """Everything in which a document departs from the standard, in the order of its lines."""
    if not isinstance(document.value, dict):
        return [document.problem((), "the document must be keys with values", "Write 'key: value' lines.")]
    errors = list(_validator().iter_errors(document.value))
    places = [_place(error) for error in errors if error.validator != "unevaluatedProperties"]
    problems: list[Problem] = []
    for error in errors:
        for problem in _describe(document, error, places):
            if problem not in problems:
                problems.append(problem)
    return sorted(problems, key=lambda problem: (problem.file, problem.line or 0))


def _place(error: ValidationError) -> Path:
    return tuple(error.absolute_path)


def _describe(document: Document, error: ValidationError, places: list[Path]) -> Iterator[Problem]:
    place = _place(error)
    key = next((str(step) for step in reversed(place) if isinstance(step, str)), "the document")
    rule = str(error.validator)
    # Both are set for every error that a validator yields; only their types say that they may not be.
    accepted, given = cast(Any, error.validator_value), cast(Any, error.instance)
    if rule in ("unevaluatedProperties", "additionalProperties"):
        yield from _describe_unexpected(document, error, place, places)
    elif rule == "required":
        missing = [name for name in accepted if isinstance(given, dict) and name not in given]
        if missing == ["map"] and "logicalType" not in given:
            missing = ["logicalType"]  # the standard takes a property without a type for a map
        for name in missing:
            yield document.problem(place, f"key '{name}': is missing{_inside(place)}", f"Add '{name}'.")
    elif rule == "enum":
        words = [str(word) for word in accepted]
        remedy = f"Write {list_words(words)}."
        yield document.problem(place, f"key '{key}': '{given}' is not accepted", remedy, suggest(str(given), words))
    elif rule == "const":
        yield document.problem(place, f"key '{key}': '{given}' is not accepted", f"Write '{accepted}'.")
    elif rule == "type":
        kinds = [accepted] if isinstance(accepted, str) else list(accepted)
        wanted = list_words([_KINDS.get(str(kind), str(kind)) for kind in kinds])
        yield document.problem(place, f"key '{key}': {_shown(given)} is not {wanted}", "Correct the value.")
    elif rule == "oneOf" and "quality" in place:
        remedy = "Write exactly one of mustBe, mustNotBe, mustBeGreaterThan, mustBeLessThan, mustBeBetween, ..."
        yield document.problem(place, "the rule has no comparison, or more than one", remedy)
    else:
        yield document.problem(place, f"key '{key}': {error.message}", "See the Open Data Contract Standard.")


def _describe_unexpected(
    document: Document, error: ValidationError, place: Path, places: list[Path]
) -> Iterator[Problem]:
    """Keys that the standard does not know at a place.

    Where another fault lies at or below the place, the validator also counts good keys as unexpected; those are
    left out.
    """
    known = list(known_keys(OpenDataContractStandard, place))
    has_other_fault = any(other[: len(place)] == place for other in places if other != () or place == ())
    names = _QUOTED.findall(error.message.partition("(")[2])
    for name in names:
        if name in known and has_other_fault:
            continue
        what = f"key '{name}': the standard does not know it{_inside(place)}"
        if name == "delimiter" and "servers" in place:
            delimiter = json.dumps(document.at((*place, name)))
            remedy = f"Write it as customProperties: [{{property: delimiter, value: {delimiter}}}] of the contract."
            yield document.problem((*place, name), what, remedy)
            continue
        remedy = "Correct or remove it; what the warehouse adds to the standard stands under customProperties."
        yield document.problem((*place, name), what, remedy, suggest(name, [word for word in known if word != name]))


def _inside(place: Path) -> str:
    named = [str(step) for step in place if isinstance(step, str)]
    return f" in '{named[-1]}'" if named else ""


def _shown(value: Any) -> str:
    if value is None:
        return "an empty value"
    return "a group of keys" if isinstance(value, dict) else "a list" if isinstance(value, list) else f"'{value}'"
