"""The executive report as a target: made from the file that is about to be published, and archived.

What the report shows and how it looks is in `pipelines.report`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipelines.fingerprint import report_hash
from pipelines.publish.target import Build, PublishError


@dataclass(frozen=True, slots=True)
class ReportFolder:
    """`published/report`: an issue per closed month and week, an index, and the latest one."""

    name: ClassVar[str] = "report"
    folder: Path
    place: str
    home_name: str

    @property
    def options(self) -> tuple[str, ...]:
        """The report is made again when what makes it has changed, although the numbers are the same."""
        return (report_hash(),)

    def holds(self, publication_id: str) -> bool:  # noqa: ARG002
        """Whether the latest report and the index are there; issues may be moved away by whoever archives them."""
        return (self.folder / "latest.html").is_file() and (self.folder / "index.html").is_file()

    def write(self, build: Build) -> None:
        """Make the reports of the latest closed month and week.

        Raises:
            PublishError: it could not be made or written; the last report stays.
        """
        from pipelines.report.archive import write_issues  # charts take a second to import

        try:
            write_issues(build.file, self.folder, self.home_name)
        except Exception as error:
            # Whatever is wrong with a picture, the numbers are to be published all the same.
            raise PublishError(
                f"The report could not be made: {type(error).__name__}: {error}. The last one stays; "
                "'kpi report' tries again once the cause is gone."
            ) from error
