"""org.bams.Iscsi of the appliance through busctl, and open-iscsi in the same guest as its initiator."""

import shlex
from dataclasses import dataclass
from typing import Any

from bamsd.core.names import target_path
from tests.appliance.area import Area, plain
from tests.appliance.guest import Guest
from tests.appliance.shell import Outcome
from tests.appliance.steps import wait_until

ISCSI = ("/org/bams/Iscsi", "org.bams.Iscsi")
PORTAL = "127.0.0.1:3260"


@dataclass(frozen=True, slots=True)
class Targets(Area):
    entry = ISCSI

    def target(self, iqn: str) -> dict[str, Any]:
        return self.properties(target_path(iqn), "org.bams.Iscsi.Target")

    def identities(self, iqn: str) -> dict[int, str]:
        """LUN to NAA name."""
        return dict(self.target(iqn)["LunIdentities"])

    def state(self, iqn: str) -> str:
        found = self.target(iqn)
        return f"{found['State']}: {found['StateText']}" if found["StateText"] else str(found["State"])

    def exists(self, iqn: str) -> bool:
        return self.guest.attempt(f"busctl introspect org.bams {target_path(iqn)} >/dev/null").code == 0

    def drift(self) -> list[dict[str, Any]]:
        [found] = self.guest.call(*ISCSI, "GetDrift")
        return [plain(entry) for entry in found]

    def sessions(self, iqn: str = "") -> list[dict[str, Any]]:
        [found] = self.guest.call(*ISCSI, "ListSessions", "s", iqn)
        return [plain(entry) for entry in found]


@dataclass(frozen=True, slots=True)
class Initiator:
    """One initiator of open-iscsi: an interface record with a name of its own."""

    guest: Guest
    iface: str
    name: str

    def prepare(self) -> None:
        iface = f"iscsiadm -m iface -I {self.iface}"
        self.guest.attempt(f"{iface} -o new")
        self.guest.run(f"{iface} -o update -n iface.initiatorname -v {self.name}")

    def record(self, iqn: str, **settings: str) -> None:
        """A node record for the target; ``settings`` are those of node.session.auth."""
        node = f"iscsiadm -m node -T {iqn} -p {PORTAL} -I {self.iface}"
        self.guest.attempt(f"{node} -o delete")
        self.guest.run(f"{node} -o new")
        self.guest.run(f"{node} -o update -n node.session.initial_login_retry_max -v 1")
        self.guest.run(f"{node} -o update -n node.conn[0].timeo.login_timeout -v 15")
        for name, value in settings.items():
            self.guest.run(f"{node} -o update -n node.session.auth.{name} -v {shlex.quote(value)}")

    def log_in(self, iqn: str) -> None:
        self.guest.run(f"iscsiadm -m node -T {iqn} -p {PORTAL} -I {self.iface} --login", limit_s=180)

    def refused(self, iqn: str) -> str:
        """What iscsiadm says when the target does not let it in."""
        found: Outcome = self.guest.attempt(
            f"iscsiadm -m node -T {iqn} -p {PORTAL} -I {self.iface} --login", limit_s=180
        )
        assert found.code != 0, f"{self.name} was let in"
        return found.out + found.err

    def log_out(self, iqn: str) -> None:
        self.guest.attempt(f"iscsiadm -m node -T {iqn} -p {PORTAL} -I {self.iface} --logout", limit_s=180)
        self.guest.attempt(f"iscsiadm -m node -T {iqn} -p {PORTAL} -I {self.iface} -o delete")

    def rescan(self, iqn: str) -> None:
        self.guest.run(f"iscsiadm -m node -T {iqn} -p {PORTAL} -I {self.iface} --rescan")

    def is_in(self, iqn: str) -> bool:
        return iqn in self.guest.attempt("iscsiadm -m session").out

    def disk(self, naa: str) -> str:
        """The node of the disk with this NAA name, when udev has made its link."""
        link = f"/dev/disk/by-id/wwn-0x{naa}"
        wait_until(f"{link} to appear", lambda: self.guest.attempt(f"test -b {link}").code == 0, 60)
        return self.guest.run(f"readlink -f {link}").strip()
