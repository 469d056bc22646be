"""The services of a backup appliance, by the names that distributions give their units."""

from collections.abc import Mapping
from dataclasses import dataclass

from bamsd.overview.models import UnitState


@dataclass(frozen=True, slots=True)
class Watched:
    """``units`` are names of the same service; the first one that is installed counts."""

    name: str
    units: tuple[str, ...]
    description: str

    def of(self, states: Mapping[str, UnitState]) -> tuple[str, UnitState]:
        """The unit that is there, and its state; the first one with the state "absent" or "unknown" where none is."""
        for unit in self.units:
            found = states.get(unit)
            if found and found.state not in ("absent", "unknown"):
                return unit, found
        return self.units[0], states.get(self.units[0], UnitState())


UNITS = (
    Watched("bamsd", ("bamsd.service",), "Backup appliance management"),
    Watched("bacula-sd", ("bacula-sd.service",), "Bacula storage daemon"),
    Watched("bacula-dir", ("bacula-director.service", "bacula-dir.service"), "Bacula Director"),
    Watched("scst", ("scst.service",), "SCST target stack"),
    Watched("target", ("rtslib-fb-targetctl.service", "target.service"), "LIO target stack"),
    Watched("iscsid", ("iscsid.service",), "iSCSI initiator"),
    Watched("zed", ("zfs-zed.service",), "ZFS events"),
    Watched("smartd", ("smartmontools.service", "smartd.service"), "Health of disks"),
    Watched("cockpit", ("cockpit.socket",), "Cockpit"),
)

NAMES = tuple(unit for watched in UNITS for unit in watched.units)


def state(load: str, active: str, sub: str) -> UnitState:
    """From what systemd says. A unit that was removed while it ran still counts as what it does."""
    is_absent = load == "not-found" and active == "inactive"
    return UnitState(load, "absent" if is_absent else active, sub)
