"""From a published value to its records, and from a record to its file, row and hash: what `kpi explain` tells.

Everything is computed anew here, in SQL over what is published beside the values, so that it audits them: none of it
uses the arithmetic of `metrics.measuring` that computed them.
"""
