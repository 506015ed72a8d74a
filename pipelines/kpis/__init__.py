"""Metric values, and what is made of them before they are published: states, signals, scorecards, instrumentation.

The arithmetic is in `metrics`.
"""
