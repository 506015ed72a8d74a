"""Dagster assets: thin wrappers around the pipeline's steps, one module per domain of the graph.

What a step does is in `pipelines.ingest`, `pipelines.facts` and `pipelines.publish`; what a table means in `models`.
"""
