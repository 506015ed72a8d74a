"""What moved, whether it means anything, and what drove it: computed from published values alone."""
