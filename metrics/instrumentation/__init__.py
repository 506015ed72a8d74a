"""Instrumentation: which records the metrics could not measure, why, and how wide that makes their bounds."""
