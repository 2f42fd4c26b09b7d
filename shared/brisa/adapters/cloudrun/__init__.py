"""Jobs as Cloud Run jobs, asked for over HTTP. What sends requests is imported when a session is made, not before."""

from brisa.adapters.cloudrun.execution import (
    LONGEST_VARIABLE,
    MESSAGE_VARIABLE,
    TRACE_VARIABLE,
    decode_execution,
    encode_execution,
)
from brisa.adapters.cloudrun.jobs import CloudRunJobs, connect

__all__ = [
    "LONGEST_VARIABLE",
    "MESSAGE_VARIABLE",
    "TRACE_VARIABLE",
    "CloudRunJobs",
    "connect",
    "decode_execution",
    "encode_execution",
]
