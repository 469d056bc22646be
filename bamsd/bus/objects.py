"""The object tree below /org/bams: ObjectManager, Introspect and PropertiesChanged.

Three things that dbus-next gets wrong are right here. InterfacesAdded and InterfacesRemoved come from the manager's
path, once an object with all its interfaces (Cockpit's bridge matches only that path). Introspect answers from the
contract. Children are the next path element of real objects only.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from dbus_next import Message, Variant

from bamsd.bus import contract, wire
from bamsd.bus.export import Interface, Property
from bamsd.core.names import ROOT

PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"


class ObjectTree:
    """Exported objects by path. All calls come from the event loop's thread."""

    def __init__(self, interfaces: Mapping[str, Element], send: Callable[[Message], None]) -> None:
        self._contract = interfaces
        self._send = send
        self._objects: dict[str, dict[str, Interface]] = {}
        self._sent: dict[Interface, dict[str, Any]] = {}
        self._dirty: dict[Interface, None] = {}
        self._scheduled: asyncio.Handle | None = None
        self.on_change: Callable[[str], None] = lambda path: None
        """Called with the path of an object that came, went, has other properties than before, or sent a signal."""

    def add(self, path: str, *interfaces: Interface) -> None:
        """Export an object with all its interfaces."""
        if path in self._objects:
            raise ValueError(f"{path} is exported already")
        for interface in interfaces:
            interface.path, interface.exporter = path, self
            self._sent[interface] = self._read(interface)
        self._objects[path] = {i.interface_name: i for i in interfaces}
        if path != ROOT:
            self.flush()
            self._signal(ROOT, OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, self._everything(path)])
            self.on_change(path)

    def remove(self, path: str) -> None:
        interfaces = self._objects.pop(path)
        self.flush()
        for interface in interfaces.values():
            interface.exporter = None
            del self._sent[interface]
        self._signal(ROOT, OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, list(interfaces)])
        self.on_change(path)

    def interfaces(self, path: str) -> Mapping[str, Interface]:
        """Interface name to object; empty where nothing is exported."""
        return self._objects.get(path, {})

    def children(self, path: str) -> list[str]:
        prefix = path.rstrip("/") + "/"
        return sorted({p[len(prefix) :].split("/", 1)[0] for p in self._objects if p.startswith(prefix)})

    def introspect(self, path: str) -> str | None:
        """The XML of an object or of a folder on the way to one; None where there is neither."""
        children = self.children(path)
        if path not in self._objects and not children:
            return None
        elements = [self._contract[name] for name in self.interfaces(path)]
        return contract.render(elements, children, path == ROOT)

    def managed(self) -> dict[str, dict[str, dict[str, Variant]]]:
        return {path: self._everything(path) for path in self._objects if path != ROOT}

    def properties(self, interface: Interface) -> dict[str, Variant]:
        return {
            name: wire.variant(value, interface.properties[name].signature)
            for name, value in self._read(interface).items()
        }

    def property(self, interface: Interface, declared: Property) -> Variant:
        return wire.variant(declared.read(interface), declared.signature)

    def touch(self, interface: Interface) -> None:
        self._dirty[interface] = None
        if self._scheduled is None:
            self._scheduled = asyncio.get_running_loop().call_soon(self.flush)

    def emit(self, interface: Interface, member: str, values: list[Any], destination: str | None = None) -> None:
        self.flush()
        name = interface.interface_name
        self._signal(interface.path, name, member, interface.signals[member], values, destination)
        self.on_change(interface.path)

    def flush(self) -> None:
        """Send PropertiesChanged for whatever differs from what was sent last."""
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        dirty, self._dirty = self._dirty, {}
        for interface in dirty:
            if interface.path not in self._objects or interface.exporter is not self:
                continue
            now, before = self._read(interface), self._sent[interface]
            changed = {
                name: wire.variant(value, interface.properties[name].signature)
                for name, value in now.items()
                if value != before[name]
            }
            if changed:
                self._sent[interface] = now
                values = [interface.interface_name, changed, []]
                self._signal(interface.path, PROPERTIES, "PropertiesChanged", "sa{sv}as", values)
                self.on_change(interface.path)

    @staticmethod
    def _read(interface: Interface) -> dict[str, Any]:
        return {name: declared.read(interface) for name, declared in interface.properties.items()}

    def _everything(self, path: str) -> dict[str, dict[str, Variant]]:
        return {name: self.properties(interface) for name, interface in self._objects[path].items()}

    def _signal(
        self, path: str, interface: str, member: str, signature: str, values: list[Any], destination: str | None = None
    ) -> None:
        message = Message.new_signal(path, interface, member, signature, wire.pack(signature, values))
        message.destination = destination
        self._send(message)
