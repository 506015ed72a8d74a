"""The semantic exports: which there are, and writing one into a folder.

What a file contains is decided in `metrics.render`, one module per format. Here it only becomes files.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import sql
from metrics.render.described_views import describe_view
from metrics.render.dictionary import data_dictionary
from metrics.render.dictionary_page import dictionary_page
from metrics.render.held_records import record_views
from metrics.render.lists import LABELS, ListedRelation, listed_relations
from metrics.render.lookml import lookml_project
from metrics.render.metricflow import dbt_project
from metrics.render.ossie import ossie_model
from metrics.render.places import Place
from metrics.render.power_bi import power_bi_model
from metrics.render.superset import superset_assets
from metrics.render.tableau import tableau_sources

#: Lists what the last export wrote into a folder, so that the next one removes what is no more.
MANIFEST: Final = ".kpi-export"
_BUNDLE_DATE: Final = (1980, 1, 1, 0, 0, 0)


class _RendersLists(Protocol):
    def __call__(self, place: Place, /, *, lists: Sequence[ListedRelation]) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class SemanticExport:
    """One format.

    Attributes:
        name: what it is called on the command line.
        what: what it is and who reads it, in one line.
        render: the files, by their path in the folder.
        is_committed: whether the project keeps the files under version control, for a home of the usual name.
        bundle: name of the archive that the files are delivered in, if the tool imports one.
        names_database: whether its files name the PostgreSQL database that its tool reads, so that they are of no use
            while another one stands there. (Those for dbt name one too, but read the published file unless told to.)
    """

    name: str
    what: str
    render: Callable[[Place], Mapping[str, str]]
    is_committed: bool = False
    bundle: str | None = None
    names_database: bool = False


def dictionary() -> str:
    """The data dictionary, with the views that are written by hand and those of records."""
    explained = [view.text for view in sql.load_views() if not view.is_generated] + list(record_views().values())
    return data_dictionary(views=sorted((describe_view(text) for text in explained), key=lambda view: view.name))


def _dictionary(place: Place) -> dict[str, str]:
    page = dictionary()
    return {
        "data-dictionary.md": page,
        "data-dictionary.html": dictionary_page(page, f"Data dictionary: {place.home_name}"),
    }


def _with_lists(render: _RendersLists) -> Callable[[Place], Mapping[str, str]]:
    """The files of a format that is told of the lists, too."""
    return lambda place: render(place, lists=_lists())


def _lists() -> tuple[ListedRelation, ...]:
    return listed_relations({view.name: describe_view(view.text) for view in sql.load_views() if view.name in LABELS})


EXPORTS: Final[tuple[SemanticExport, ...]] = (
    SemanticExport(
        "dbt", "dbt project with MetricFlow semantic models and metrics", _with_lists(dbt_project), is_committed=True
    ),
    SemanticExport(
        "lookml", "LookML views, explores and measures for Looker", _with_lists(lookml_project), is_committed=True
    ),
    SemanticExport(
        "superset",
        "bundle for Superset: database, datasets, metrics, charts and a dashboard",
        _with_lists(superset_assets),
        bundle="kpi_warehouse.zip",
    ),
    SemanticExport(
        "tableau",
        "Tableau data sources (.tds), one per relation",
        _with_lists(tableau_sources),
        names_database=True,
    ),
    SemanticExport(
        "power-bi",
        "Power BI semantic model (TMDL) and a connection file (.pbids)",
        _with_lists(power_bi_model),
        is_committed=True,
        names_database=True,
    ),
    SemanticExport("dictionary", "data dictionary as Markdown and as one HTML page", _dictionary),
    SemanticExport(
        "ossie", "Open Semantic Interchange (Apache Ossie) 0.1.1", _with_lists(ossie_model), is_committed=True
    ),
)


def export_named(name: str) -> SemanticExport:
    """The export of that name.

    Raises:
        KeyError: there is none.
    """
    return {export.name: export for export in EXPORTS}[name]


def write_export(export: SemanticExport, place: Place, folder: Path) -> list[Path]:
    """Write an export into a folder; files that an earlier export wrote there and that are no more are removed.

    Other files of the folder stay as they are.

    Returns:
        The files that make up the export.
    """
    files = {folder / path: text for path, text in export.render(place).items()}
    manifest = folder / MANIFEST
    before = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / export.bundle] if export.bundle else list(files)
    for name in before:
        if folder / name not in written and (folder / name).is_file():
            (folder / name).unlink()
    if export.bundle:
        _write_bundle(folder / export.bundle, export.render(place))
    else:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    manifest.write_text("".join(f"{path.relative_to(folder).as_posix()}\n" for path in written), encoding="utf-8")
    return written


def _write_bundle(path: Path, files: Mapping[str, str]) -> None:
    """An archive whose bytes depend on nothing but the files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in files.items():
            bundle.writestr(zipfile.ZipInfo(name, _BUNDLE_DATE), text)
