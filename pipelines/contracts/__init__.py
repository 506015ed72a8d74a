"""Contracts as people name them, and what is wrong with them beyond their own text.

Their meaning is in `data_contracts`.
"""
