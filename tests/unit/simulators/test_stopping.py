"""A demo that a service manager ends closes what is open, as with Ctrl-C."""

import os
import signal

import pytest

from simulators.stopping import end_in_order


def test_the_signal_of_a_service_manager_leaves_time_to_close() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        end_in_order()
        with pytest.raises(SystemExit) as ended:
            os.kill(os.getpid(), signal.SIGTERM)
        assert ended.value.code is None, "an end that was asked for is no failure"
    finally:
        signal.signal(signal.SIGTERM, before)
