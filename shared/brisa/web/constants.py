"""What Airflow's API tells and brisa has but one of."""

BUNDLE_NAME = "dags-folder"
"""Airflow's name for the bundle that DAG files are in."""
BUNDLE_VERSION = None
NO_STATE = "none"
"""In a search by states, what has none."""
EVERYTHING = "~"
"""In a path, instead of an id: of all."""
