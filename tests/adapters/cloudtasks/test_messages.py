"""The body of a task, and the legs of one that is far ahead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.adapters.cloudtasks import decode_work, encode_work, is_early, next_leg
from brisa.adapters.cloudtasks.horizon import HORIZON, SLACK
from brisa.errors import DecodeError
from tests.adapters.records import a_message

NOW = 1_700_000_000.0
LIMIT = 30 * 86400.0
KEY = ["d", "r", "t", -1, 0, 1, 0]


def test_a_message_survives_its_body():
    """Hostile ids included; ids only, so it is small."""
    for message in (a_message(), a_message("ñ/\0\ud800☃", send=3, not_before=NOW + 0.25, map_index=4, seq=9)):
        body = encode_work(message)
        assert decode_work(body) == message
        assert len(body) < 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"{" * 50_000,
        b"[" * 50_000,
        b" " * 70_000,
        b"1" * 10_000,
        json.dumps({"attempt": KEY[:3]}).encode(),
        json.dumps({"attempt": [*KEY[:3], "-1", 0, 1, 0]}).encode(),
        json.dumps({"attempt": [*KEY[:3], True, 0, 1, 0]}).encode(),
        json.dumps({"attempt": KEY, "send": "0"}).encode(),
        b'{"attempt": ["d", "r", "t", -1, 0, 1, 0], "not_before": NaN}',
        b'{"attempt": ["d", "r", "t", -1, 0, 1, 0], "not_before": -Infinity}',
    ],
)
def test_a_body_that_is_no_message_is_refused(body):
    """Whoever sent it: one kind of error, with a short reason."""
    with pytest.raises(DecodeError, match=r"not (a Message|work)") as error:
        decode_work(body)
    assert len(str(error.value)) < 300


def test_near_messages_have_one_leg():
    """At once, overdue, or within the horizon: by the message's own name, at its own time."""
    for not_before in (None, NOW - 5, NOW + 60, NOW + HORIZON):
        message = a_message(not_before=not_before)
        leg = next_leg(message, NOW)
        assert (leg.name, leg.at) == (message.name, not_before)


@given(ahead=st.floats(0, 400 * 86400.0), drift=st.floats(-60, 60))
def test_legs_end_at_the_messages_time(ahead, drift):
    """Each is allowed by the service, has a name of its own, and the number of them is what the distance asks for."""
    message = a_message(not_before=NOW + ahead)
    names, now = [], NOW
    while True:
        leg = next_leg(message, now)
        assert leg.at is not None
        assert leg.at - now <= HORIZON + SLACK < LIMIT - 60
        names.append(leg.name)
        now = leg.at + drift  # the worker's clock is not the queue's
        if not is_early(message, now):
            break
    assert leg.at == message.not_before
    assert len(set(names)) == len(names) <= ahead / HORIZON + 1


def test_a_repeated_send_of_a_leg_has_the_same_name_and_time():
    """A day later too: what is on its way already is not sent twice."""
    message = a_message(not_before=NOW + 70 * 86400)
    assert next_leg(message, NOW) == next_leg(message, NOW + 86400)
