"""A Secret Manager emulator that official clients talk to: ``python -m brisa.emulators.secret_manager --port P``.

It speaks the real gRPC API on loopback. ``checks`` says what the service refuses, ``filters`` is its filter language;
``vault`` is the service without sockets, ``ledger`` its file, ``service`` its socket. What it leaves out: UpdateSecret
and with it aliases, regional secrets, expiry, rotation, delayed destruction, IAM, and the service's lagging behind
itself: here everything is seen at once.
"""
