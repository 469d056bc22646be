"""What the code declares about permissions is what the contract says."""

import pytest

from bamsd.bus import contract
from bamsd.bus.contract import signature
from bamsd.bus.export import Interface
from bamsd.declared import INTERFACES


def in_contract(name: str, method: str, annotation: str) -> str:
    element = next(m for m in contract.load()[name].iter("method") if m.attrib["name"] == method)
    return next((a.attrib["value"] for a in element.iter("annotation") if a.attrib["name"] == annotation), "")


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: str(interface.interface_name))
def test_each_method_names_the_polkit_action_of_the_contract(interface: type[Interface]) -> None:
    for declared in interface.methods.values():
        action = "*" if callable(declared.action) else declared.action or ""
        assert action == in_contract(interface.interface_name, declared.name, "org.bams.Action"), declared.name
        forced = in_contract(interface.interface_name, declared.name, "org.bams.ForceAction")
        assert declared.force_action == forced, declared.name


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: str(interface.interface_name))
def test_the_declarations_have_the_members_of_the_contract(interface: type[Interface]) -> None:
    element = contract.load()[interface.interface_name]
    methods = {m.attrib["name"]: (signature(m, "in"), signature(m, "out")) for m in element.iter("method")}
    assert {m.name: (m.in_signature, m.out_signature) for m in interface.methods.values()} == methods
    properties = {p.attrib["name"]: p.attrib["type"] for p in element.iter("property")}
    assert {name: declared.signature for name, declared in interface.properties.items()} == properties
    assert interface.signals == {s.attrib["name"]: signature(s, "out") for s in element.iter("signal")}


def test_every_interface_of_the_contract_is_declared() -> None:
    assert {interface.interface_name for interface in INTERFACES} == set(contract.load())
