"""A unit of systemd, as far as an alert needs it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """``load`` is "not-found" for one that is not installed. ``condition`` is false when systemd did not start it
    because a condition of the unit was not met.
    """

    name: str
    load: str
    active: str
    sub: str
    result: str
    file_state: str
    condition: bool
    description: str

    @property
    def is_installed(self) -> bool:
        return self.load == "loaded"

    @property
    def has_failed(self) -> bool:
        return self.is_installed and self.active == "failed"

    @property
    def keeps_failing(self) -> bool:
        """systemd starts it again and again: all that Debian's bacula-sd does when its configuration is bad."""
        return self.is_installed and self.active == "activating" and self.sub.startswith("auto-restart")

    @property
    def is_missed(self) -> bool:
        """It is to be started at boot, could be, and does not run."""
        return self.is_installed and self.active == "inactive" and self.file_state == "enabled" and self.condition
