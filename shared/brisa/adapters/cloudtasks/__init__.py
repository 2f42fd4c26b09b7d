"""The task queue in Google Cloud Tasks. Google's libraries are imported when a client is made, not before."""

from brisa.adapters.cloudtasks.client import connect
from brisa.adapters.cloudtasks.horizon import Leg, is_early, next_leg
from brisa.adapters.cloudtasks.payload import decode_message, encode_message
from brisa.adapters.cloudtasks.queue import CloudTasksQueue

__all__ = ["CloudTasksQueue", "Leg", "connect", "decode_message", "encode_message", "is_early", "next_leg"]
