"""Facts into metric values: sums, percentiles, coverage and bounds."""
