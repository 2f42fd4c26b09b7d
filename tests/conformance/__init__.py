"""Asks the real Airflow and brisa about the same DAG files and compares the answers; `make conformance` runs it."""
