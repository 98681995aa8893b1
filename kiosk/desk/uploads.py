"""What is uploaded stays in memory: no picture of a paper is left in a desk's temporary files."""

import io
from typing import Any

from flask import Request


class InMemory(Request):
    """A request whose files are kept in memory; how large it may be is said elsewhere."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> io.BytesIO:
        """Werkzeug's own place to say where an uploaded file goes."""
        return io.BytesIO()
