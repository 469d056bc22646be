"""org.bams.Bacula of the appliance through busctl, and Bacula's own console for what BAMS does not do: running jobs."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.appliance.area import Area, options, plain
from tests.appliance.guest import Guest

BACULA = ("/org/bams/Bacula", "org.bams.Bacula")
DAEMONS = "bacula-sd bacula-director bacula-fd"


@dataclass(frozen=True, slots=True)
class Bacula(Area):
    entry = BACULA

    def status(self) -> dict[str, Any]:
        [found] = self.guest.call(*BACULA, "GetStatus")
        status = plain(found)
        for key in ("devices", "running", "ended"):
            status[key] = [plain(row) for row in status.get(key, [])]
        return status

    def volumes(self) -> dict[str, dict[str, Any]]:
        found, _ = self.guest.call(*BACULA, "ListVolumes", "a{sv}", *options(limit=1000))
        return {volume["name"]: volume for volume in map(plain, found)}

    def jobs(self) -> list[dict[str, Any]]:
        [found] = self.guest.call(*BACULA, "ListJobs", "a{sv}", "0")
        return [plain(job) for job in found]

    def errors(self, **given: Any) -> list[dict[str, Any]]:
        """What would keep such a configuration from being applied."""
        [found] = self.guest.call(*BACULA, "CheckConfig", "a{sv}", *options(**given))
        return [finding for finding in map(plain, found) if finding["severity"] == "error"]

    def console(self, *commands: str, limit_s: float = 400) -> str:
        """What a person types into bconsole."""
        typed = "".join(f"{command}\n" for command in commands)
        return self.guest.run(f"printf %s {shlex.quote(typed)} | bconsole -n", limit_s=limit_s)

    def configured(self) -> dict[str, dict[str, Any]]:
        """Devices and autochangers as Bacula itself reads them."""
        found: dict[str, dict[str, Any]] = {}
        for item in json.loads(self.guest.run("bsdjson -c /etc/bacula/bacula-sd.conf")):
            for kind, row in item.items():
                if kind in ("Device", "Autochanger"):
                    found[f"{kind} {row['Name']}"] = row
        return found


@contextmanager
def running(guest: Guest, change: str = "true") -> Iterator[Bacula]:
    """
    Bacula as Debian's packages install it, started after the shell line ``change``.

    Its configuration is put back at the end, whoever changed it.
    """
    guest.run(f"cp -a /etc/bacula /root/bacula-before; {change}")
    try:
        guest.run(f"systemctl start {DAEMONS}", limit_s=180)
        yield Bacula(guest)
    finally:
        guest.run(f"systemctl stop {DAEMONS}", limit_s=180)
        guest.run("rm -rf /etc/bacula /etc/systemd/system/bacula-sd.service.d && mv /root/bacula-before /etc/bacula")
        guest.run("systemctl daemon-reload")
