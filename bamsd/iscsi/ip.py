"""ip(8) of iproute2: the addresses that this host has."""

import ipaddress
import json

from bamsd.errors import ToolFailed
from bamsd.system.run import run

TIMEOUT_S = 10.0


async def addresses() -> frozenset[str]:
    """All addresses of all interfaces, in their short form. Raises ToolFailed, NotSupported, TimedOut."""
    return parse((await run(["ip", "-json", "address", "show"], timeout_s=TIMEOUT_S)).stdout)


def parse(text: str) -> frozenset[str]:
    """Of ``ip -json address show`` (iproute2 5 and 6): interfaces with ``addr_info``, each with ``local``."""
    try:
        found = [entry["local"] for link in json.loads(text) for entry in link.get("addr_info", []) if "local" in entry]
        return frozenset(ipaddress.ip_address(address).compressed for address in found)
    except (ValueError, TypeError, AttributeError, LookupError):
        raise ToolFailed("ip(8) did not tell the addresses of this host in a form that is known.") from None
