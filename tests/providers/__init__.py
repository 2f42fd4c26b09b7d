"""Airflow's provider packages as published, without Airflow, on brisa: `make providers` installs and tries them."""
