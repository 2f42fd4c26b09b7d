"""Loads DAG files and runs attempts; asks the supervisor for everything that is kept elsewhere."""
