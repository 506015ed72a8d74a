"""What readers get: one publication, written to each target, swapped in whole.

`publication` gathers it; each target is a module with one function that writes it. Nothing is computed here.
"""
