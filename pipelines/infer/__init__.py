"""Drafting a contract for an export that nobody has described yet.

`infer_contract` looks at a file and gathers findings, each with its evidence; `render_contract` writes them as contract
YAML with the evidence as comments. Nothing here decides what a run does: the draft is for a person to read, and what
is uncertain in it is marked `# CHECK:`.
"""

from pipelines.infer.draft import infer_contract
from pipelines.infer.findings import Inference
from pipelines.infer.rendering import render_contract

__all__ = ["Inference", "infer_contract", "render_contract"]
