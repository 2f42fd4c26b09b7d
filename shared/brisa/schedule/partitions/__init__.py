"""Partitions of assets: from the keys that a producer emits to those of the runs that consume them.

The classes and what they answer are Airflow 3.3's (``airflow.sdk`` and ``airflow.partition_mappers``). They are pure:
text in, text out; no one of them knows what has been emitted.
"""
