"""A Cloud Tasks emulator that official clients talk to: ``python -m brisa.emulators.cloud_tasks --port P --data FILE``.

It speaks the real gRPC API on loopback and sends HTTP tasks to loopback alone. ``rules`` and ``requests`` are pure;
``checks`` says what the service refuses; ``broker`` is the service without sockets and with a clock that is handed in;
``dispatcher``, ``delivery``, ``identity``, ``side_door`` and ``service`` are its threads and sockets. What it leaves
out: App Engine targets, OAuth tokens, queue-level overrides, IAM, and the service's own slowing down after errors.
"""
