"""Files in, published warehouse out: the only package that does I/O.

What a number means belongs in `metrics`, what a table holds in `models`, what an export promises in
`data_contracts`. This package moves data between them.
"""
