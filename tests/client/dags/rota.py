"""A file that does not load."""

from airflow.sdk import DAG

raise RuntimeError("este archivo está roto")
