"""The dashboard's pages. Each is one function of the snapshot and the filters that draws; arithmetic is elsewhere.

The folder is not called `pages`: Streamlit would run its modules as scripts of their own.
"""
