"""Reading exports: one file in, one frame of text out, or a refusal in plain words.

``inspect_file`` looks at a landed file before anything trusts it; ``read_export`` reads it. What the text means (types,
units, null tokens) is ``values``' and the contracts' business.
"""

from pipelines.readers.compression import Limits
from pipelines.readers.export import read_export
from pipelines.readers.files import FileFacts, inspect_file
from pipelines.readers.headers import normalise_header, slugify_header
from pipelines.readers.options import FORMATS, RECORD, ROW_NUMBER, SURPLUS, LandedFrame, ReadOptions
from pipelines.readers.refusals import RefusalCode, RefusedFile

__all__ = [
    "FORMATS",
    "RECORD",
    "ROW_NUMBER",
    "SURPLUS",
    "FileFacts",
    "LandedFrame",
    "Limits",
    "ReadOptions",
    "RefusalCode",
    "RefusedFile",
    "inspect_file",
    "normalise_header",
    "read_export",
    "slugify_header",
]
