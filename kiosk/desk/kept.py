"""What was typed into a form that was refused: it stands in its fields again, for another try.

Kept in memory, for a while, for who typed it and nobody else. A password is never kept.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

KEPT_S: Final = 30 * 60.0
"""Longer, and it is no longer what somebody was about to do."""

_FORMS: Final = 8
_LONGEST: Final = 20_000
"""Characters of one field: a year of holidays fits, an estate's gate rules are kept elsewhere."""

_SECRET: Final = "password"  # noqa: S105 - the name of a field


class KeptForms:
    """Refused forms by the address they were sent to. Thread-safe; `tick` only runs forward."""

    def __init__(self, *, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._owner = ""
        self._forms: OrderedDict[str, tuple[float, dict[str, str]]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, owner: str, address: str, form: Mapping[str, str], *, but: str = "") -> None:
        """Keep what `owner` typed, `but` not the field of this name."""
        typed = {
            name: value
            for name, value in form.items()
            if name != but and _SECRET not in name and len(value) <= _LONGEST
        }
        with self._lock:
            self._belong_to(owner)
            self._forms[address] = self._tick(), typed
            self._forms.move_to_end(address)
            while len(self._forms) > _FORMS:
                self._forms.popitem(last=False)

    def drop(self, address: str) -> None:
        """The form was taken."""
        with self._lock:
            self._forms.pop(address, None)

    def of(self, owner: str, address: str) -> Mapping[str, str]:
        """What `owner` typed there last, with its id; empty where nothing waits."""
        with self._lock:
            self._belong_to(owner)
            since, typed = self._forms.get(address, (0.0, {}))
            return typed if typed and self._tick() - since < KEPT_S else {}

    def of_last(self, address: str) -> Mapping[str, str]:
        """The same, of whoever typed last."""
        return self.of(self._owner, address)

    def _belong_to(self, owner: str) -> None:
        if owner != self._owner:
            self._owner = owner
            self._forms.clear()
