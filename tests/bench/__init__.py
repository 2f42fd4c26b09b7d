"""``python -m tests.bench``: how quick and how small brisa is, printed beside its limit and its peers."""
