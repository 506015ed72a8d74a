"""Numbers and what is known about them in words, which commands, report, dashboard and workbook share.

What a number is belongs in `metrics`; what only one reader says belongs to that reader.
"""
