"""The names of Airflow: while :func:`active`, ``import airflow…`` gives brisa's objects."""

from brisa.compat.hook import active

__all__ = ["active"]
