"""Where the storage daemon listens, and as whom BAMS may look at it. Pure."""

import ipaddress

from bamsd.bacula import sd_config
from bamsd.bacula.models import Login
from bamsd.bacula.resources import SdConfig, number_of, text_of, tls_of
from bamsd.errors import NotReady

PORT = 9103


def address_of(config: SdConfig) -> tuple[str, int]:
    """Address and port; of a daemon that listens everywhere, this host itself."""
    rows = config.of("Storage")
    row = rows[0] if rows else {}
    address, port = text_of(row, "SdAddress"), number_of(row, "SdPort", PORT)
    listed = row.get("SdAddresses")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and not address:
            address, port = text_of(entry, "Addr"), number_of(entry, "Port", port)
    return (address if address and not _is_everywhere(address) else "127.0.0.1"), port


def login_of(config: SdConfig) -> Login:
    """BAMS's own monitor, else one that people made. Raises ``NotReady`` when there is none."""
    rows = [row for row in config.of("Director") if row.get("Monitor") and text_of(row, "Password")]
    rows.sort(key=lambda row: text_of(row, "Name") != sd_config.MONITOR)
    if not rows:
        raise NotReady(
            "The storage daemon's configuration has no Director with Monitor = yes, so BAMS cannot ask it anything: "
            "call ApplyConfig, which adds one."
        )
    address, port = address_of(config)
    return Login(address, port, text_of(rows[0], "Name"), text_of(rows[0], "Password"), tls_of(rows[0]))


def drive_numbers(config: SdConfig) -> dict[str, int]:
    """The number of each Device in its autochanger, which the daemon's own answers do not have."""
    return {text_of(row, "Name"): number_of(row, "DriveIndex", 0) for row in config.of("Device")}


def _is_everywhere(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False
