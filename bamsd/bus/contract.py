"""The contract: dbus/*.xml, as it is shown by Introspect and compared with the declarations.

An installed package has the files in ``bamsd/contract``, a source tree in ``dbus``.
"""

import xml.etree.ElementTree as ET
from pathlib import Path

import bamsd

_PACKAGE = Path(bamsd.__file__).parent

STANDARD = """\
<interface name="org.freedesktop.DBus.Introspectable"><method name="Introspect">
<arg name="xml_data" type="s" direction="out"/></method></interface>
<interface name="org.freedesktop.DBus.Peer"><method name="Ping"/>
<method name="GetMachineId"><arg name="machine_uuid" type="s" direction="out"/></method></interface>
<interface name="org.freedesktop.DBus.Properties"><method name="Get">
<arg name="interface_name" type="s" direction="in"/>
<arg name="property_name" type="s" direction="in"/><arg name="value" type="v" direction="out"/></method>
<method name="GetAll"><arg name="interface_name" type="s" direction="in"/>
<arg name="properties" type="a{sv}" direction="out"/></method>
<method name="Set"><arg name="interface_name" type="s" direction="in"/>
<arg name="property_name" type="s" direction="in"/>
<arg name="value" type="v" direction="in"/></method>
<signal name="PropertiesChanged"><arg name="interface_name" type="s"/><arg name="changed_properties" type="a{sv}"/>
<arg name="invalidated_properties" type="as"/></signal></interface>
"""
"""The interfaces that every object has (D-Bus specification, "Standard Interfaces")."""

OBJECT_MANAGER = """\
<interface name="org.freedesktop.DBus.ObjectManager"><method name="GetManagedObjects">
<arg name="objects" type="a{oa{sa{sv}}}" direction="out"/></method>
<signal name="InterfacesAdded"><arg name="object" type="o"/><arg name="interfaces" type="a{sa{sv}}"/></signal>
<signal name="InterfacesRemoved"><arg name="object" type="o"/><arg name="interfaces" type="as"/></signal></interface>
"""

DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)


def directory() -> Path:
    installed = _PACKAGE / "contract"
    return installed if installed.is_dir() else _PACKAGE.parent / "dbus"


def load(where: Path | None = None) -> dict[str, ET.Element]:
    """Interface name to its element. Comments are not kept: they are for readers of the file."""
    found = {}
    for path in sorted((where or directory()).glob("org.bams.*.xml")):
        for interface in ET.parse(path).getroot().iter("interface"):  # noqa: S314 - our own installed file
            found[interface.attrib["name"]] = interface
    return found


def signature(member: ET.Element, direction: str) -> str:
    """The joined types of a member's arguments. Arguments of a signal have no direction and count as out."""
    default = "out" if member.tag == "signal" else "in"
    return "".join(a.attrib["type"] for a in member.iter("arg") if a.attrib.get("direction", default) == direction)


def render(interfaces: list[ET.Element], children: list[str], manages_objects: bool) -> str:
    """The answer to Introspect for one object."""
    body = "".join(ET.tostring(i, encoding="unicode").strip() + "\n" for i in interfaces)
    nodes = "".join(f'<node name="{name}"/>\n' for name in children)
    standard = STANDARD if interfaces or manages_objects else ""
    return f"{DOCTYPE}<node>\n{standard}{OBJECT_MANAGER if manages_objects else ''}{body}{nodes}</node>\n"
