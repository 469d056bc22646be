"""Where devices lie in LIO's tree: core/iblock_3/NAME. Each device gets a folder of its own number, as rtslib does."""

from collections.abc import Mapping


class Places:
    """Folders by backstore and name: those that were read, and free ones for devices to come."""

    def __init__(self) -> None:
        self._read: Mapping[tuple[str, str], str] = {}
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def learn(self, read: Mapping[tuple[str, str], str]) -> None:
        """Take what the kernel has now. A folder that was promised to a device stays its own, unless it is taken."""
        self._read = read
        used = {folder.split("/")[0] for folder in read.values()}
        self._given = {
            key: folder for key, folder in self._given.items() if key not in read and folder.split("/")[0] not in used
        }
        self._taken = used | {folder.split("/")[0] for folder in self._given.values()}
        self._next = {}

    def of(self, backstore: str, name: str) -> str:
        key = (backstore, name)
        known = self._read.get(key) or self._given.get(key)
        if known is None:
            known = self._given[key] = f"{self._free(backstore)}/{name}"
        return known

    def _free(self, backstore: str) -> str:
        number = self._next.get(backstore, 0)
        while f"{backstore}_{number}" in self._taken:
            number += 1
        self._next[backstore] = number + 1
        self._taken.add(f"{backstore}_{number}")
        return f"{backstore}_{number}"
