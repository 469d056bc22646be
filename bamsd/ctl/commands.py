"""All commands, in the order in which help shows them."""

from bamsd.ctl import bacula, disk, iscsi, logs, manager, tape
from bamsd.ctl.command import Command, Words

COMMANDS: tuple[Command, ...] = (
    *manager.COMMANDS[:1],
    *disk.COMMANDS,
    *tape.COMMANDS,
    *iscsi.COMMANDS,
    *bacula.COMMANDS,
    *logs.COMMANDS,
    *manager.COMMANDS[1:],
)

GROUPS: dict[Words, str] = {
    ("disk",): "pools, repositories and snapshots",
    ("disk", "snapshot"): "snapshots of a repository",
    ("disk", "pool"): "volume groups, thin pools and zpools",
    ("tape",): "tape libraries, drives and cartridges",
    ("iscsi",): "iSCSI targets",
    ("iscsi", "lun"): "the LUNs of a target",
    ("bacula",): "Bacula's storage daemon and volumes",
    ("bacula", "config"): "the configuration of the storage daemon",
    ("jobs",): "long operations",
    ("alerts",): "conditions that need a person",
    ("bundle",): "support bundles",
    ("config",): "the configuration of bamsd",
}

ALIASES: dict[Words, Words] = {("iscsi", "adopt"): ("iscsi", "import")}
