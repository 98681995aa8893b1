"""Our own program as a process."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path


def yika() -> Sequence[str]:
    """The words that run the installed command; its module where there is no command."""
    script = shutil.which("yika", path=str(Path(sys.executable).parent))
    return [script] if script else [sys.executable, "-m", "kiosk.cli"]
