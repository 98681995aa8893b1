"""A fork server that is itself a fork of the process which has imported and prepared everything.

Where multiprocessing starts one, a fresh interpreter imports it all again. As there, a process that
is forked from it has no thread but its own.
"""

import os
import socket
from multiprocessing import connection, forkserver, resource_tracker
from typing import NoReturn


class ForkedServer(forkserver.ForkServer):
    """Forked when it is made, when no thread may run. It ends when all who know it are gone."""

    def __init__(self) -> None:
        super().__init__()
        address = connection.arbitrary_address("AF_UNIX")  # type: ignore[attr-defined]
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen()
            ended, alive = os.pipe()
            if not os.fork():
                os.close(alive)
                _serve(listener.detach(), ended)
            os.close(ended)
        self._forkserver_address, self._forkserver_alive_fd = address, alive

    def ensure_running(self) -> None:
        """It does, and what it needs too."""
        resource_tracker.ensure_running()


def _serve(listener: int, ended: int) -> NoReturn:
    try:
        forkserver.main(listener, ended, [])
    finally:
        os._exit(0)


def fork_from_here() -> None:
    """Let all processes that this one and its forks ask a fork server for be forked from here."""
    forkserver.connect_to_new_process = ForkedServer().connect_to_new_process
