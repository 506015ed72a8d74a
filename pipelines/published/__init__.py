"""The published file, for whoever reads numbers: opening it, what it says of itself, and what its KPIs are to be."""
