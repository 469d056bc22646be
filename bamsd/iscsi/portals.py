"""Are the addresses where targets are offered still addresses of this host? Pure."""

import ipaddress
from collections.abc import Iterable, Sequence

from bamsd.iscsi.models import Target

_NAMED = 3


def used(targets: Iterable[Target]) -> dict[str, Sequence[str]]:
    """Each address with the IQNs of the targets that are switched on and offered there; "everywhere" is no address."""
    found: dict[str, list[str]] = {}
    for target in targets:
        for address in {portal.address for portal in target.portals if target.enabled}:
            if not _is_everywhere(address):
                found.setdefault(address, []).append(target.iqn)
    return {address: sorted(iqns) for address, iqns in found.items()}


def _is_everywhere(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return True  # what is no address cannot be looked for


def lost_text(address: str, iqns: Sequence[str]) -> str:
    more = f" and {len(iqns) - _NAMED} more" if len(iqns) > _NAMED else ""
    whose = f"target {iqns[0]}" if len(iqns) == 1 else f"targets {', '.join(iqns[:_NAMED])}{more}"
    return f"The address {address} is gone from this host, so nobody reaches the {whose} there."
