"""What a broken rule says beyond its contract's words: which records, in which files, and what to do about them.

Whoever audits knows `explaining` only; it has the one list of explanations. Each of the others is a module of its own:
which rules it belongs to, what it finds of the staged tables, and what it tells a person.
"""
