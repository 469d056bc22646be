"""Targets of a cluster are known by its configuration."""

from pathlib import Path

from bamsd.iscsi import pacemaker

CIB = """<cib><configuration><resources>
 <group id="g"><primitive class="ocf" id="t" provider="heartbeat" type="iSCSITarget"><instance_attributes id="a">
   <nvpair id="1" name="iqn" value="iqn.2026-01.org.example:ha"/><nvpair id="2" name="tid" value="1"/>
 </instance_attributes></primitive></group>
 <primitive class="ocf" id="l" provider="heartbeat" type="iSCSILogicalUnit"><instance_attributes id="b">
   <nvpair id="3" name="target_iqn" value="iqn.2026-01.org.example:lun"/></instance_attributes></primitive>
 <primitive class="ocf" id="ip" provider="heartbeat" type="IPaddr2"><instance_attributes id="c">
   <nvpair id="4" name="iqn" value="iqn.2026-01.org.example:no"/></instance_attributes></primitive>
</resources></configuration></cib>"""


def test_the_iqns_of_the_iscsi_agents_are_found() -> None:
    assert pacemaker.parse(CIB) == {"iqn.2026-01.org.example:ha", "iqn.2026-01.org.example:lun"}


def test_no_cluster_and_a_damaged_configuration_name_nobody(tmp_path: Path) -> None:
    assert pacemaker.targets(tmp_path / "cib.xml") == frozenset()
    (tmp_path / "cib.xml").write_text(CIB[:100])
    assert pacemaker.targets(tmp_path / "cib.xml") == frozenset()
    (tmp_path / "cib.xml").write_text(CIB)
    assert len(pacemaker.targets(tmp_path / "cib.xml")) == 2
