"""Files of a landing folder into raw tables, as they are, and what is said of files that are not taken.

What a value means belongs in `pipelines.staging`.
"""
