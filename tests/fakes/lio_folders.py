"""What can be made by mkdir in LIO's configfs, and what comes with it: the kernel's defaults of Linux 6.12.

tests/recordings/lio/target.txt has those of a target as they were read. Only what BAMS reads is in here.
"""

_DEVICE = {
    "enable": "0\n",
    "udev_path": "",
    "info": "",
    "wwn/vpd_unit_serial": "T10 VPD Unit Serial Number: \n",
    "wwn/vendor_id": "LIO-ORG\n",
    "wwn/product_id": "IBLOCK\n",
    "attrib/emulate_tpu": "0\n",
    "attrib/max_unmap_block_desc_count": "0\n",
    "attrib/emulate_write_cache": "0\n",
}
_CHAP = {"userid": "\n", "password": "\n", "userid_mutual": "\n", "password_mutual": "\n"}
_PARAMETERS = {
    "AuthMethod": "CHAP,None\n",
    "DataDigest": "CRC32C,None\n",
    "DataPDUInOrder": "Yes\n",
    "DataSequenceInOrder": "Yes\n",
    "DefaultTime2Retain": "20\n",
    "DefaultTime2Wait": "2\n",
    "ErrorRecoveryLevel": "0\n",
    "FirstBurstLength": "65536\n",
    "HeaderDigest": "CRC32C,None\n",
    "ImmediateData": "Yes\n",
    "InitialR2T": "Yes\n",
    "MaxBurstLength": "262144\n",
    "MaxConnections": "1\n",
    "MaxOutstandingR2T": "1\n",
    "MaxRecvDataSegmentLength": "8192\n",
    "MaxXmitDataSegmentLength": "262144\n",
    "TargetAlias": "LIO Target\n",
}
_GROUP = {
    "enable": "0\n",
    "rtpi": "0x0\n",
    "attrib/authentication": "1\n",
    "attrib/cache_dynamic_acls": "0\n",
    "attrib/default_cmdsn_depth": "64\n",
    "attrib/demo_mode_write_protect": "1\n",
    "attrib/generate_node_acls": "0\n",
    **{f"param/{name}": text for name, text in _PARAMETERS.items()},
}
_ACL = {
    "cmdsn_depth": "64\n",
    "info": "",
    "attrib/authentication": "-1\n",
    **{f"auth/{name}": text for name, text in _CHAP.items()},
    "fabric_statistics/iscsi_sess_stats/rxdata_octs": "",
    "fabric_statistics/iscsi_sess_stats/txdata_octs": "",
}
_LUN = {"alua_tg_pt_offline": "0\n"}
_MAPPED = {"write_protect": ""}
_G = r"iscsi/[^/]+/tpgt_\d+"
FOLDERS: tuple[tuple[str, dict[str, str], tuple[str, ...]], ...] = (
    (r"iscsi", {"lio_version": "Datera Inc. iSCSI Target v4.1.0\n"}, ("discovery_auth",)),
    (r"core/(iblock|fileio|pscsi|rd_mcp)_\d+", {"hba_info": "HBA Index: 1 plugin: iblock version: v5.0\n"}, ()),
    (r"core/[a-z]+_\d+/[^/]+", _DEVICE, ("statistics",)),
    (r"iscsi/[^/]+", {"param/cmd_completion_affinity": "-1\n"}, ("fabric_statistics",)),
    (_G, _GROUP, ("np", "lun", "acls", "auth")),
    (rf"{_G}/np/[^/]+:\d+", {"iser": "0\n"}, ()),
    (rf"{_G}/lun/lun_\d+", _LUN, ("statistics",)),
    (rf"{_G}/acls/[^/]+", _ACL, ()),
    (rf"{_G}/acls/[^/]+/lun_\d+", _MAPPED, ("statistics",)),
)
"""What can be made by mkdir, with the attributes and folders that come with it."""
