"""Write the files that are made from declarations: most views of `sql/views/mart`, `docs/data-dictionary.md` and `bi`.

Run `python -m pipelines.generate` in a checkout after changing a metric or a table, and commit what it writes. With
`--check` it writes nothing and exits with 1 if a file is out of date. What the files contain is decided in
`metrics.render`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import sql
from metrics.render.held_records import record_views
from metrics.render.places import Place
from metrics.render.views import mart_views
from pipelines.semantic_exports import EXPORTS, dictionary

CHECKOUT: Final = Path(__file__).resolve().parent.parent
_VIEWS: Final = Path("sql/views/mart")
_DICTIONARY: Final = Path("docs/data-dictionary.md")
#: What `kpi export` writes for a home of the usual name, kept so that a review shows what a change does to it.
_EXPORTS: Final = Path("bi")


def generated_files() -> dict[Path, str]:
    """Every generated file, relative to the checkout, with the text it must have."""
    views = {_VIEWS / f"{name}.sql": text for name, text in {**mart_views(), **record_views()}.items()}
    return {**views, _DICTIONARY: dictionary(), **_committed_exports()}


def _committed_exports() -> dict[Path, str]:
    return {
        _EXPORTS / export.name / name: text
        for export in EXPORTS
        if export.is_committed
        for name, text in export.render(Place()).items()
    }


def outdated_files(checkout: Path = CHECKOUT) -> list[Path]:
    """Files, relative to the checkout, that are missing, differ, or belong to a generated view that is no more."""
    expected = generated_files()
    differing = [path for path, text in expected.items() if _read(checkout / path) != text]
    views = [path.relative_to(checkout) for path in sorted((checkout / _VIEWS).glob("*.sql"))]
    left_over = [path for path in views if path not in expected and _is_generated(checkout / path)]
    return differing + left_over + [path for path in _exported(checkout) if path not in expected]


def write_generated_files(checkout: Path = CHECKOUT) -> list[Path]:
    """Bring all generated files up to date; returns those that were written or removed."""
    expected = generated_files()
    outdated = outdated_files(checkout)
    for path in outdated:
        target = checkout / path
        if path in expected:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(expected[path], encoding="utf-8", newline="\n")
        else:
            target.unlink()
    return outdated


def _exported(checkout: Path) -> list[Path]:
    """Files of exports, relative to the checkout, without those that dbt writes when it is run there."""
    found = [path.relative_to(checkout) for path in sorted((checkout / _EXPORTS).rglob("*")) if path.is_file()]
    return [path for path in found if not {"target", "logs"} & set(path.parts)]


def _is_generated(path: Path) -> bool:
    return (_read(path) or "").startswith(sql.GENERATED_MARK)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: list[str]) -> int:
    """The command; returns its exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m pipelines.generate [--check]", file=sys.stderr)
        return 2
    if arguments:
        outdated = outdated_files()
        for path in outdated:
            print(f"{path} is out of date: run `python -m pipelines.generate` and commit it", file=sys.stderr)
        return 1 if outdated else 0
    for path in write_generated_files():
        print(f"{path} brought up to date")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
