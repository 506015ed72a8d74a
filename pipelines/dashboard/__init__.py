"""`kpi dashboard`: the published numbers in a browser, with filters and a way down to tickets and invoice lines.

It reads the published file and changes nothing. Numbers are those that are published, or, under several filters at
once, measured from the published facts by the same code; no arithmetic of its own belongs here.
"""
