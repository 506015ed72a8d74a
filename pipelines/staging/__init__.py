"""Raw text into typed canonical tables, by nothing but contracts and policies.

`mapping` turns one export object into typed columns and notes every value that it could not use; `tickets` and
`lines` assemble the canonical tables from all exports. What the tables mean belongs in `models`, durations and
amounts derived from them in `metrics`.
"""
