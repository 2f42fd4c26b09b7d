"""Traces as requests' headers tell them."""

from __future__ import annotations

import pytest

from brisa.model.run import RunKey
from brisa.model.trace import Trace, read_trace, trace_of

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("traceparent", "google", "read"),
    [
        (f"00-{ID}-{SPAN}-01", "", Trace(ID, SPAN, True)),
        (f"00-{ID}-{SPAN}-00", "", Trace(ID, SPAN, False)),
        (f"cc-{ID}-{SPAN}-09-what-the-future-adds", "", Trace(ID, SPAN, True)),
        (f"00-{ID}-{SPAN}-01", f"{'1' * 32}/12;o=1", Trace(ID, SPAN, True)),
        ("", f"{ID.upper()}/12;o=1", Trace(ID, "000000000000000c", True)),
        ("garbage", f"{ID}/12;o=0", Trace(ID, "000000000000000c", False)),
        ("", ID, Trace(ID, "", False)),
        ("", f"{ID}/0;o=1", Trace(ID, "", True)),
        ("", f"{ID}/{1 << 64}", Trace(ID, "", False)),
        ("", "", None),
        (f"ff-{ID}-{SPAN}-01", "", None),
        (f"00-{'0' * 32}-{SPAN}-01", "", None),
        (f"00-{ID}-{'0' * 16}-01", "", None),
        (f"00-{ID.upper()}-{SPAN}-01", "", None),
        (f"00-{ID}-{SPAN}-01\n", "", None),
        ("", "0" * 32, None),
        ("", f"{ID}/x", None),
    ],
)
def test_what_headers_say(traceparent, google, read):
    """W3C's header counts, else Google's; what is neither is nothing."""
    assert read_trace(traceparent, google) == read


@pytest.mark.parametrize("sampled", [True, False])
def test_a_header_is_read_as_it_was_written(sampled):
    """There and back; without a span there is no header."""
    trace = Trace(ID, SPAN, sampled)
    assert read_trace(trace.header) == trace
    assert Trace(ID, "").header == ""


def test_a_runs_own_trace():
    """Is the same for everybody, another one for another run, and one that a header can carry."""
    one = trace_of(RunKey("d", "r"))
    assert one == trace_of(RunKey("d", "r"))
    assert one != trace_of(RunKey("d", "s"))
    assert trace_of(RunKey("d\udcff", "r")) != one
    assert read_trace(one.header) == one
