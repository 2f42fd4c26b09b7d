"""What the courses' pipelines share: asking a source, alerts, the central database's tables, and dashboards.

DAG files import it as ``comun``, because the folder of DAG files is where brisa, like Airflow, imports from.
"""
