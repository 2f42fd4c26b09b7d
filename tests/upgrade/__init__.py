"""What a release has written, kept for the releases after it; ``python -m tests.upgrade`` writes it."""
