"""Whether what was staged may be published: the audit of each domain, its verdicts, and what they hold back.

The rules are in `data_contracts`, what is told of a broken one in `pipelines.broken_rules`.
"""
