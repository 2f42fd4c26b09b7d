"""Eventarc, and Pub/Sub as far as Cloud Storage needs it: ``python -m brisa.emulators.eventarc``.

fake-gcs-server publishes what happens to objects through the real gRPC API of Pub/Sub; each notification becomes the
CloudEvent that Eventarc would post to a function. ``cloud_event`` and ``retries`` are pure; ``ledger`` is what survives
a kill; ``publisher`` and ``deliveries`` are threads and sockets. What it leaves out: subscriptions, filters, dead
letters, and every other source of events.
"""
