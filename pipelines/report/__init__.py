"""Pages for people, each one self-contained file. They show what is stored or was just found, and compute nothing."""
