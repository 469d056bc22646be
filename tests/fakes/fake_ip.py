"""A fake ip(8) of iproute2 6.1 for ``ip -json address show``: lo, and an interface with addresses for documentation."""

import json
import os
import sys


def addresses() -> list[str]:
    """Those of addresses.json in the folder that BAMS_FAKE_DISKS names, where a test has put one."""
    try:
        with open(os.path.join(os.environ.get("BAMS_FAKE_DISKS", ""), "addresses.json")) as file:
            return [str(address) for address in json.load(file)]
    except FileNotFoundError:
        return list(ADDRESSES)


ADDRESSES = ("192.0.2.10", "192.0.2.11", "2001:db8::10")


def main() -> None:
    if sys.argv[1:] != ["-json", "address", "show"]:
        sys.exit(f"the fake ip knows no {sys.argv[1:]}")
    lo = [("inet", "127.0.0.1", 8), ("inet6", "::1", 128)]
    eth0 = [("inet6" if ":" in address else "inet", address, 24) for address in addresses()]
    links = [
        {
            "ifindex": number,
            "ifname": name,
            "flags": ["UP", "LOWER_UP"],
            "mtu": 1500,
            "operstate": "UP",
            "addr_info": [
                {"family": family, "local": local, "prefixlen": length, "scope": "global"}
                for family, local, length in entries
            ],
        }
        for number, (name, entries) in enumerate([("lo", lo), ("eth0", eth0)], start=1)
    ]
    print(json.dumps(links))
