"""The `kpi` command: one module per subcommand, each a thin layer between a terminal and the pipeline.

`main` holds the entry point. Modules of subcommands are loaded when they are used, and import what is slow (Dagster,
Great Expectations, Polars, DuckDB, pydantic, rich) inside their functions, so that help answers at once. Nothing is
computed here: what a command shows was decided by the pipeline or stands in the published file.
"""
