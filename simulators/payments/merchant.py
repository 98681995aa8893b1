"""The merchant of this machine's providers: who may ask, and the accounts for who asks."""

from dataclasses import dataclass, field, replace
from typing import Final

from cardserver.payments.accounts import AlipayAccount, WechatAccount
from cardserver.payments.api import ProviderName
from simulators.payments.seals import Keys, own_keys, private_text, public_text

GATEWAY: Final = "/gateway.do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """One merchant with an app at each provider. Nothing of it exists anywhere else."""

    mchid: str = "1900000001"
    appid: str = "wxyika00000000001"
    serial: str = "59494B41000000000000000000000001"
    api_v3_key: str = field(default="yika-demo-api-v3-key-of-32-chars", repr=False)
    public_key_id: str = "PUB_KEY_ID_0119000000012026010100000001"
    app_id: str = "2026000000000001"
    seller_id: str = "2088000000000001"
    notify_urls: dict[ProviderName, str] = field(default_factory=dict)

    @property
    def keys(self) -> Keys:
        """Made when they are first needed."""
        return own_keys()

    def wechat(self, base: str) -> WechatAccount:
        """The account with which a server asks the WeChat Pay at `base`."""
        return WechatAccount(
            mchid=self.mchid,
            appid=self.appid,
            serial=self.serial,
            private_key=private_text(self.keys.merchant),
            api_v3_key=self.api_v3_key,
            public_key_id=self.public_key_id,
            public_key=public_text(self.keys.wechat),
            notify_url=self.notify_urls.get(ProviderName.WECHAT, f"{base}/nobody"),
            base_url=base,
        )

    def alipay(self, base: str) -> AlipayAccount:
        """The account with which a server asks the Alipay at `base`."""
        return AlipayAccount(
            app_id=self.app_id,
            seller_id=self.seller_id,
            private_key=private_text(self.keys.app),
            public_key=public_text(self.keys.alipay),
            notify_url=self.notify_urls.get(ProviderName.ALIPAY, f"{base}/nobody"),
            base_url=f"{base}{GATEWAY}",
        )

    def notified(self, urls: dict[ProviderName, str]) -> "Merchant":
        """The same merchant who wants notices at these addresses."""
        return replace(self, notify_urls=urls)
