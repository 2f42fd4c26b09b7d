"""The functions' entry points: each translates a request, calls one service, and translates the answer.

What they share (who calls, how large a body may be, which error is which status, the log line) is in ``answering``;
``targets`` has what functions-framework serves. Nothing here imports a Google library, and importing it is cheap.
"""
