"""The metrics themselves, by subject."""
