"""Cloud Run jobs on this machine: what ``jobs.run`` asks for begins as a process, and is written down.

Only what brisa needs of the Cloud Run Admin API v2 is here, over HTTP: executions are begun, read, listed and
cancelled. Jobs are named at the start; a process gets the emulator's own environment, and the overrides.
"""
