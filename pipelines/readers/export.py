"""The one way in: an inspected file and what its contract says about reading it become a frame of text."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

from pipelines.readers.files import FileFacts
from pipelines.readers.options import FORMATS, LandedFrame, ReadOptions

# Modules are imported when their format is met: a run of CSV files does not wait for the workbook reader.
_READERS: Final = {
    "csv": ("pipelines.readers.delimited", "read_delimited"),
    "json": ("pipelines.readers.json_records", "read_json"),
    "jsonl": ("pipelines.readers.json_records", "read_json_lines"),
    "xlsx": ("pipelines.readers.workbook", "read_workbook"),
    "parquet": ("pipelines.readers.parquet", "read_parquet"),
    "xes": ("pipelines.readers.xes", "read_event_log"),
}


def read_export(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read an inspected file as its contract says.

    Raises:
        RefusedFile: when the file cannot be read in full and without doubt.
        ValueError: when the options name no format of ``FORMATS`` (the contract's loader lets no other through).
    """
    if options.format not in _READERS:
        raise ValueError(f"'{options.format}' is no format; there are {', '.join(FORMATS)}.")
    module, function = _READERS[options.format]
    read = cast(Callable[[FileFacts, ReadOptions], LandedFrame], getattr(import_module(module), function))
    return read(facts, options)
