"""From accounts to providers ready for use. Their libraries load only where there is an account."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from cardserver.payments.accounts import Account, WechatAccount
from cardserver.payments.api import PaymentProvider
from cardserver.payments.safe import KeySource, read_accounts


def providers(accounts: Iterable[Account]) -> Mapping[str, PaymentProvider]:
    """A provider for each account, by its name."""
    made = [provider(account) for account in accounts]
    return {each.name.value: each for each in made}


def open_providers(path: Path, keys: KeySource) -> Mapping[str, PaymentProvider]:
    """Those whose accounts lie sealed at `path`. Raises what `read_accounts` raises."""
    return providers(read_accounts(path, keys).values())


def provider(account: Account) -> PaymentProvider:
    """The provider of one account."""
    if isinstance(account, WechatAccount):
        from cardserver.payments.wechat import WechatProvider

        return WechatProvider(account)
    from cardserver.payments.alipay import AlipayProvider

    return AlipayProvider(account)
