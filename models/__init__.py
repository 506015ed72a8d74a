"""What every table and column of the warehouse is: name, type, unit and meaning, said once.

Everything that needs to know a table (DDL, Polars schemas, the data dictionary, contracts, BI exports) reads it
from here. No I/O belongs in this package, nor any computation of a metric.
"""
