"""Dagster assets: thin wrappers around the pipeline's steps, one module per domain of the graph.

What a step does is in `pipelines.gate.ingest`, `pipelines.facts.steps` and `pipelines.publish`; what a table means in
`models`.
"""
