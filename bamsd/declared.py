"""Everything that is declared on the bus. The contract test and GetPermissions read this."""

from bamsd.bacula.interface import BaculaInterface
from bamsd.bus.export import Interface
from bamsd.disk.interface import DiskInterface, PoolInterface, RepositoryInterface
from bamsd.iscsi.interface import IscsiInterface, TargetInterface
from bamsd.logs.interface import LogsInterface
from bamsd.manager.interface import JobInterface, ManagerInterface
from bamsd.tape.interface import DriveInterface, LibraryInterface, TapeInterface

INTERFACES: tuple[type[Interface], ...] = (
    ManagerInterface,
    JobInterface,
    DiskInterface,
    PoolInterface,
    RepositoryInterface,
    IscsiInterface,
    TargetInterface,
    TapeInterface,
    LibraryInterface,
    DriveInterface,
    BaculaInterface,
    LogsInterface,
)


def declared_actions() -> list[str]:
    """Every polkit action that a method names."""
    methods = [m for interface in INTERFACES for m in interface.methods.values()]
    named = {m.action for m in methods} | {m.force_action for m in methods if m.force_action}
    return sorted(action for action in named if isinstance(action, str))
