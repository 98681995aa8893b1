"""`yika gate enrol`: this gate's own key is made here, and its public half is printed."""

from collections.abc import Iterator

from cardserver.clientsigning import fingerprint
from cardserver.domain.gatesignature import write_public_key
from kiosk.gate.identity import create_identity, open_identity
from kiosk.gate.station import open_keys
from kiosk.station.config import Config, ConfigInvalid


def enrol_here(config: Config, name: str, *, anew: bool = False) -> Iterator[str]:
    """Lines for whoever sits at the gate. A key that is there is shown again, not replaced.

    Raises ConfigInvalid, VaultError.
    """
    if config.gate is None:
        raise ConfigInvalid("a gate needs the section [gate]")
    keys, secret = open_keys(config.gate)
    path = config.gate.identity
    if anew or not path.exists():
        identity = create_identity(path, secret, estate=keys.estate_id, station=name)
    else:
        identity = open_identity(path, secret, estate=keys.estate_id)
        if identity.station != name:
            raise ConfigInvalid(f"{path} is the key of {identity.station}; --anew makes another")
    yield "At the centre, beside its database:"
    yield f"  yika gates enrol {name} {write_public_key(identity.public_key)}"
    yield f"Its fingerprint, to be compared over the telephone: {fingerprint(identity.public_key)}"
