"""``yika sim pay`` as a process: it says where it is, answers calls, and ends at Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

WAIT_S = 30.0


def test_the_providers_stand_alone_on_a_port(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    words = ["sim", "pay", "--port", "0", "--keys", str(keys), "--server", "https://cards.example"]
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            base = process.stdout.readline().split()[4]
            commands = [process.stdout.readline() for _ in "12"]
            state = httpx.get(f"{base}/control/state.json", trust_env=False)
            order = {"order": "wechat:K1-00001"}
            refused = httpx.post(f"{base}/control/payments/pay", json=order, trust_env=False)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert state.json() == {"orders": [], "faults": [], "notices": []}
    assert (refused.status_code, refused.json()["code"]) == (404, "order-not-exist")
    assert all(line.strip().startswith("yika payments add ") for line in commands)
    assert "https://cards.example/api/payments/wechat/notices" in commands[0]
    assert len(list(keys.iterdir())) == 5
    assert process.returncode == 0
