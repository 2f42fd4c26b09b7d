"""Operators and sensors for Cloud Storage and BigQuery, with the names and arguments of Airflow's Google provider.

They use the official clients (:mod:`brisa.operators.google.clients`), which are imported when a task runs, not when a
DAG file loads. Each has its external effect once per try: a worker that is lost and comes back does not do it again.
"""
