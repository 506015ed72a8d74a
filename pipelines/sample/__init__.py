"""The simulator: a believable company whose exports have the shapes, and the faults, of real ones.

`write_sample_exports` is the way in. Reading exports, and anything else that a pipeline does with
them, does not belong here.
"""

from pipelines.sample.defects import DEFECTS, Defect
from pipelines.sample.exports import write_sample_exports
from pipelines.sample.summary import SampleSummary

__all__ = ["DEFECTS", "Defect", "SampleSummary", "write_sample_exports"]
