"""What charts of the report and of the dashboard have in common, so that one thing is drawn in one way.

Charts that are truly different, each for its own place, are in `pipelines.report.charts` and
`pipelines.dashboard.charts`, which say why. Nothing here reads a file or computes a number.
"""
