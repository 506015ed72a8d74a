"""What the pipeline costs, as multiples of what must be done anyhow. See `README.md` beside this file."""

# First of all, because it says how Polars is to use memory.
import pipelines  # noqa: F401
