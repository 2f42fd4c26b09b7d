"""The task queue in Google Cloud Tasks. Google's libraries are imported when a client is made, not before."""

from brisa.adapters.cloudtasks.client import connect
from brisa.adapters.cloudtasks.horizon import Leg, is_early, next_leg
from brisa.adapters.cloudtasks.payload import decode_work, encode_work
from brisa.adapters.cloudtasks.queue import CloudTasksQueue, Target

__all__ = ["CloudTasksQueue", "Leg", "Target", "connect", "decode_work", "encode_work", "is_early", "next_leg"]
