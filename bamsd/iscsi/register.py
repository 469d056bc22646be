"""The desired state in the store: targets, and the devices with their lasting identities.

Every change is on the disk before it is seen here. The store holds no secret: a credential has a number there, and the
secret itself lies in the sealed file (``sealed.py``). The secret is written first, so a crash leaves at worst a secret
that nothing refers to, which the next change of a secret drops.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from bamsd.core.store import Statement, Store
from bamsd.iscsi.documents import read_document, write_document
from bamsd.iscsi.models import Configuration, Credential, Device, Identity, Target


@dataclass(frozen=True, slots=True)
class Row:
    """A target in the store: as it shall be, and as the kernel was last brought to (None: never).

    ``wanted`` False: it is to be removed from the kernel, and then forgotten.
    """

    target: Target
    applied: Target | None = None
    wanted: bool = True
    created_us: int = 0
    created_by: str = ""

    @property
    def iqn(self) -> str:
        return self.target.iqn

    @property
    def is_applied(self) -> bool:
        return self.wanted and self.applied == self.target


class Vault(Protocol):
    """Where secrets lie. ``keep`` makes ``secrets`` the whole content, on the disk when it returns."""

    async def open(self) -> Mapping[str, str]: ...
    async def keep(self, secrets: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Desired:
    """Rows by IQN and devices by name, as the store has them. A thread may read it while the next one is made."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)

    def having(self, rows: Iterable[Row], devices: Iterable[Device] = ()) -> "Desired":
        """The same with these rows and devices, new ones or in place of the old."""
        return Desired(
            {**self.rows, **{row.iqn: row for row in rows}},
            {**self.devices, **{device.name: device for device in devices}},
        )

    def wanted(self) -> Configuration:
        """What the kernel shall have after everything pending is applied."""
        return self._of(row.target for row in self.rows.values() if row.wanted)

    def applied(self) -> Configuration:
        """What the kernel was brought to: what a reboot must bring back."""
        return self._of(row.applied for row in self.rows.values() if row.applied)

    def after_apply_of(self, iqn: str) -> Configuration:
        """What the kernel shall have when one target is applied, or all with an empty name."""
        rows = self.rows.values()
        chosen = ((row.target if row.wanted else None) if iqn in ("", row.iqn) else row.applied for row in rows)
        return self._of(target for target in chosen if target)

    def _of(self, targets: Iterable[Target]) -> Configuration:
        named = {target.iqn: target for target in targets}
        used = {lun.device for target in named.values() for lun in target.luns}
        return Configuration(named, {name: device for name, device in self.devices.items() if name in used})


class Register:
    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._secrets: dict[str, str] = {}
        self.desired = Desired()

    async def open(self) -> None:
        """Raises ToolFailed when the sealed secrets cannot be opened: without them no target may be touched.

        Which targets and devices there are is known then all the same: what they use stays protected.
        """
        try:
            self._secrets = dict(await self._vault.open())
        finally:
            await self._load()

    async def _load(self) -> None:
        devices = await self._store.query("SELECT * FROM iscsi_devices ORDER BY name")
        rows = await self._store.query("SELECT * FROM iscsi_targets ORDER BY iqn")
        self.desired = Desired(
            {row["iqn"]: self._row(row) for row in rows}, {row["name"]: _device(row) for row in devices}
        )

    async def save(self, rows: Sequence[Row], devices: Sequence[Device] = ()) -> None:
        """Insert or change targets and devices, all or none."""
        await self._keep_secrets(rows)
        numbers = self._numbers()
        statements = [_save_device(device) for device in devices] + [_save_row(row, numbers) for row in rows]
        await self._store.transaction(statements)
        self.desired = self.desired.having(rows, devices)

    async def mark_applied(self, iqns: Iterable[str]) -> None:
        """Note that the kernel has what is wanted of these targets. One that is not wanted is forgotten."""
        rows = [row for iqn in iqns if (row := self.desired.rows[iqn]) and not row.is_applied]
        kept = [replace(row, applied=row.target) for row in rows if row.wanted]
        gone = [row.iqn for row in rows if not row.wanted]
        statements = [_save_row(row, self._numbers()) for row in kept]
        statements += [("DELETE FROM iscsi_targets WHERE iqn = ?", (iqn,)) for iqn in gone]
        if statements:
            await self._store.transaction(statements)
        known = self.desired.having(kept)
        left = {iqn: row for iqn, row in known.rows.items() if iqn not in gone}
        self.desired = Desired(left, known.devices)

    async def _keep_secrets(self, changed: Sequence[Row]) -> None:
        """Write the sealed file when a secret is new. Those that nothing needs any more fall away then."""
        fresh = {secret for row in changed for secret in secrets_of(row)}
        if fresh <= set(self._secrets.values()):
            return
        needed = fresh | {secret for row in self.desired.rows.values() for secret in secrets_of(row)}
        kept = {number: secret for number, secret in self._secrets.items() if secret in needed}
        # A number is not used twice, or a row could get the secret of another one after a crash.
        following = max((int(number) for number in self._secrets), default=0) + 1
        kept |= {str(following + i): secret for i, secret in enumerate(sorted(needed - set(kept.values())))}
        await self._vault.keep(kept)
        self._secrets = kept

    def _numbers(self) -> Mapping[str, str]:
        """Text of a secret to its number; 0 stands for one that was lost."""
        return {"": "0"} | {secret: number for number, secret in self._secrets.items()}

    def _row(self, row: Mapping[str, Any]) -> Row:
        def target(document: str) -> Target:
            return read_document(row["iqn"], row["rel_tgt_id"], document, self._secrets)

        applied = target(row["applied"]) if row["applied"] else None
        return Row(target(row["document"]), applied, bool(row["wanted"]), row["created_us"], row["created_by"])


def secrets_of(row: Row) -> set[str]:
    """The texts of all secrets of a target, as it shall be and as it is."""
    targets = (row.target, row.applied) if row.applied else (row.target,)
    credentials: list[Credential] = [c for target in targets for c in target.credentials]
    credentials += [target.mutual for target in targets if target.mutual]
    return {credential.secret.reveal() for credential in credentials} - {""}


def _save_row(row: Row, numbers: Mapping[str, str]) -> Statement:
    return (
        "INSERT INTO iscsi_targets (iqn, document, applied, wanted, rel_tgt_id, created_us, created_by) "
        "VALUES (:iqn, :document, :applied, :wanted, :rel_tgt_id, :created_us, :created_by) "
        "ON CONFLICT (iqn) DO UPDATE SET document = :document, applied = :applied, wanted = :wanted",
        {
            "iqn": row.iqn,
            "document": write_document(row.target, numbers),
            "applied": write_document(row.applied, numbers) if row.applied else "",
            "wanted": row.wanted,
            "rel_tgt_id": row.target.rel_tgt_id,
            "created_us": row.created_us,
            "created_by": row.created_by,
        },
    )


def _save_device(device: Device) -> Statement:
    """The identity is the one that ``edits.device_for`` found, or that of a device of others that BAMS takes over."""
    return (
        "INSERT OR REPLACE INTO iscsi_devices "
        "(name, kind, path, repository, serial, naa, t10, vendor, product, write_through) "
        "VALUES (:name, :kind, :path, :repository, :serial, :naa, :t10, :vendor, :product, :write_through)",
        {
            "name": device.name,
            "kind": device.kind,
            "path": device.path,
            "repository": device.repository,
            **asdict(device.identity),
            "write_through": device.write_through,
        },
    )


def _device(row: Mapping[str, Any]) -> Device:
    identity = Identity(row["serial"], row["naa"], row["t10"], row["vendor"], row["product"])
    write_through = bool(row["write_through"])
    return Device(row["name"], row["kind"], row["path"], identity, write_through, repository=row["repository"])
