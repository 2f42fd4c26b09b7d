"""The operators, sensors and decorators that DAG authors use."""
