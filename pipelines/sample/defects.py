"""Named faults, to be put into exports that were written without any."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Defect:
    name: str
    description: str
    domain: str
    export: str
    expected: str
    apply: Callable[[Path], None]


DEFECTS: Mapping[str, Defect] = MappingProxyType({})


def find_defects(names: Sequence[str]) -> list[Defect]:
    return [DEFECTS[name] for name in names]
