"""The files of a home's `policies/` folder: how each is spelt, and the records that it means.

What a policy does to a number belongs in `metrics`.
"""
