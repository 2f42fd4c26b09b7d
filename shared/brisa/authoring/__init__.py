"""What DAG authors import, with Airflow's names and answers; it ends in a plain :class:`brisa.model.spec.DagSpec`."""
