"""The charts of a report as files of their own, for other documents: PNG or PDF, drawn without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipelines.report.archive import write_whole
from pipelines.report.drawing import draw_pdf, draw_png
from pipelines.report.facts import ReportFacts
from pipelines.report.sections import build_sections

_WIDTH: Final = 640


def write_pictures(facts: ReportFacts, folder: Path, kind: str) -> list[Path]:
    """Write every chart of a report as `<figure>.png` or `<figure>.pdf`.

    Args:
        kind: png or pdf.
    """
    written = []
    for section in build_sections(facts):
        for figure in section.figures:
            if figure.draw is not None:
                chart = figure.draw(_WIDTH).properties(title=figure.title)
                path = folder / f"{figure.id}.{kind}"
                write_whole(path, draw_png(chart) if kind == "png" else draw_pdf(chart))
                written.append(path)
    return written
