"""Staged tables into facts: reading what they need, deciding whether they must be made anew, writing them.

The arithmetic is in `metrics`.
"""
