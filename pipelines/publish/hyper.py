"""The target `hyper`: an extract that Tableau opens by itself, with the tables and views of `mart` and `meta`.

Tableau's own library writes it. It is large, so it is an extra: `pip install tableauhyperapi`.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any, Final

from models.ddl import quote_identifier, quote_text
from pipelines.publish.relations import READER_SCHEMAS, read_relations, reading
from pipelines.publish.target import Build, OneFile, PublishError, replace_file


class HyperExtract(OneFile):
    """The target `hyper`: `published/kpi.hyper`."""

    name: Final = "hyper"

    def write(self, build: Build) -> None:
        """Write the extract beside the old one, then let it take its place."""
        replace_file(self.path, lambda unfinished: write_hyper(build.file, unfinished), "extract")


def write_hyper(file: Path, path: Path) -> None:
    """Write everything that readers of a published file see as an extract.

    Rows go through Parquet, which Hyper reads itself: decimals and instants arrive exactly.

    Raises:
        PublishError: Tableau's library is not installed, or it did not take the rows.
    """
    library = _load_library()
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".hyper-", dir=path.parent))
    try:
        with (
            reading(file) as built,
            library.HyperProcess(
                telemetry=library.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}
            ) as process,
            library.Connection(process.endpoint, str(path), library.CreateMode.CREATE_AND_REPLACE) as connection,
        ):
            for schema in READER_SCHEMAS:
                connection.execute_command(f"CREATE SCHEMA {quote_identifier(schema)}")
            rows = folder / "rows.parquet"
            for relation in read_relations(built):
                built.execute(f"COPY (FROM {relation.quoted}) TO {quote_text(str(rows))} (FORMAT parquet)")
                connection.execute_command(
                    f"CREATE TABLE {relation.quoted} AS "
                    f"(SELECT * FROM external({quote_text(str(rows))}, FORMAT => 'parquet'))"
                )
    except library.HyperException as error:
        path.unlink(missing_ok=True)
        raise PublishError(f"Tableau's library could not write {path}: {str(error).splitlines()[0]}") from error
    finally:
        shutil.rmtree(folder)
    # The library keeps its file from all but its group; whoever may read the published file may read this one.
    path.chmod(stat.S_IMODE(file.stat().st_mode))


def _load_library() -> Any:
    try:
        import tableauhyperapi
    except ImportError as error:
        raise PublishError(
            "The target hyper needs Tableau's library, which is not installed. Install it beside kpi: "
            "pip install tableauhyperapi; or take hyper out of targets in kpi.toml; everything else is published."
        ) from error
    return tableauhyperapi
