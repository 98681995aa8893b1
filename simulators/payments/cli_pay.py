"""``yika sim pay``: both payment providers alone, for a card server of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from simulators.stopping import stop_signal

if TYPE_CHECKING:
    from simulators.payments.merchant import Merchant

DEFAULT_PORT: Final = 8790
NOTICES: Final = "/api/payments"
_FILES: Final = ("apiclient_key.pem", "wechat_public.pem", "api_v3_key.txt")
_ALIPAY_FILES: Final = ("app_key.pem", "alipay_public.pem")


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="TCP port; 0 picks one.",
)
@click.option(
    "--server",
    default="http://127.0.0.1:8700",
    show_default=True,
    help="Where the card server listens, for the notices.",
)
@click.option(
    "--keys",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("pay-keys"),
    show_default=True,
    help="Folder for the keys of this run, for `yika payments add`.",
)
def pay(port: int, server: str, keys: Path) -> None:
    """WeChat Pay and Alipay on this machine, with keys made now; Ctrl-C ends it.

    Prints the two commands that make a card server their merchant.
    """
    from datetime import UTC, datetime

    from cardserver.payments.api import ProviderName
    from simulators.payments.control import create_app
    from simulators.payments.merchant import Merchant
    from simulators.payments.server import PayServer

    stop = stop_signal()
    urls = {name: f"{server}{NOTICES}/{name}/notices" for name in ProviderName}
    merchant = Merchant().notified(urls)
    with PayServer(lambda: datetime.now(UTC), port=port, merchant=merchant) as running:
        running.beside = create_app(running.providers)
        _write(keys, merchant)
        click.echo(f"WeChat Pay and Alipay: {running.base}   calls: {running.base}/control/")
        for command in _commands(running.base, merchant, keys):
            click.echo(f"  {command}")
        stop.wait()


def _write(folder: Path, merchant: "Merchant") -> None:
    """The merchant's halves of the keys; they are worth nothing anywhere else."""
    from simulators.payments.seals import private_text, public_text

    texts = (
        private_text(merchant.keys.merchant),
        public_text(merchant.keys.wechat),
        merchant.api_v3_key,
        private_text(merchant.keys.app),
        public_text(merchant.keys.alipay),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip((*_FILES, *_ALIPAY_FILES), texts, strict=True):
        (folder / name).write_text(text, encoding="ascii")


def _commands(base: str, merchant: "Merchant", folder: Path) -> tuple[str, str]:
    from simulators.payments.merchant import GATEWAY

    wechat, alipay = merchant.wechat(base), merchant.alipay(base)
    key, public, v3 = (folder / name for name in _FILES)
    app_key, alipay_public = (folder / name for name in _ALIPAY_FILES)
    first = (
        f"yika payments add wechat --mchid {wechat.mchid} --appid {wechat.appid}"
        f" --serial {wechat.serial} --private-key {key} --api-v3-key {v3}"
        f" --public-key-id {wechat.public_key_id} --public-key {public}"
        f" --notify-url {wechat.notify_url} --base-url {base}"
    )
    second = (
        f"yika payments add alipay --app-id {alipay.app_id} --seller-id {alipay.seller_id}"
        f" --private-key {app_key} --public-key {alipay_public}"
        f" --notify-url {alipay.notify_url} --base-url {base}{GATEWAY}"
    )
    return first, second
