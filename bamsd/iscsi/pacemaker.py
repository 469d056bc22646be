"""Targets that a Pacemaker cluster starts and stops: its agents and BAMS must not both change one.

The cluster's configuration (CIB) is an XML file that Pacemaker writes on every node. A resource of the agent
ocf:heartbeat:iSCSITarget names its target in the attribute ``iqn``; iSCSILogicalUnit in ``target_iqn``.
"""

import logging
import xml.etree.ElementTree as ET
from pathlib import Path

log = logging.getLogger(__name__)

CIB = Path("pacemaker/cib/cib.xml")
"""Below /var/lib."""
_AGENTS = ("iSCSITarget", "iSCSILogicalUnit", "SCSTTarget", "SCSTLun")
_NAMES = ("iqn", "target_iqn")


def targets(cib: Path) -> frozenset[str]:
    """The IQNs of targets that are cluster resources; none where there is no cluster. For a thread."""
    try:
        text = cib.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        log.warning("%s cannot be read, so targets of the cluster are not known: %s", cib, error.strerror)
        return frozenset()
    return parse(text)


def parse(text: str) -> frozenset[str]:
    """Of a CIB: the values of iqn and target_iqn in resources of the iSCSI agents."""
    try:
        root = ET.fromstring(text)  # noqa: S314  written by root's own Pacemaker
    except ET.ParseError:
        log.warning("the configuration of the cluster cannot be understood, so its targets are not known")
        return frozenset()
    return frozenset(
        pair.get("value", "")
        for resource in root.iter("primitive")
        if resource.get("type") in _AGENTS
        for pair in resource.iter("nvpair")
        if pair.get("name") in _NAMES and pair.get("value")
    )
