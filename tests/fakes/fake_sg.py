"""Fake sg_raw, sg_logs and sg_read_attr of sg3_utils, with the texts and exit status of tests/recordings/sg."""

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

from tests.fakes.tape_robot import (
    Json,
    SenseError,
    check_offline,
    find_device,
    finish_cleaning,
    locked,
    log_call,
    state_path,
    take_failure,
    wait_for_file,
)

RECORDINGS = Path(__file__).parents[1] / "recordings" / "sg" / "mhvtl"
KEY_NAMES = {2: "Not Ready", 3: "Medium Error", 4: "Hardware Error", 5: "Illegal Request", 6: "Unit Attention"}
CODE_NAMES = {
    (0x04, 0x01): "Logical unit is in process of becoming ready",
    (0x04, 0x03): "Logical unit not ready, manual intervention required",
    (0x04, 0x12): "Logical unit not ready, offline",
    (0x20, 0x00): "Invalid command operation code",
    (0x24, 0x00): "Invalid field in cdb",
    (0x28, 0x00): "Not ready to ready change, medium may have changed",
    (0x29, 0x00): "Power on, reset, or bus device reset occurred",
    (0x30, 0x03): "Cleaning cartridge installed",
    (0x3A, 0x00): "Medium not present",
    (0x53, 0x02): "Medium removal prevented",
}
CATEGORY = {2: "Device not ready", 5: "Illegal request", 6: "Unit attention", 9: "Illegal request, Invalid opcode"}


def exit_status(sense: SenseError) -> int:
    if (sense.key, sense.asc, sense.ascq) == (5, 0x20, 0x00):
        return 9
    return {2: 2, 3: 3, 4: 3, 5: 5, 6: 6, 7: 7, 11: 11}.get(sense.key, 99)


def open_or_leave(path: str, device: str, message: str) -> None:
    if not os.path.lexists(device):
        sys.stderr.write(message.format(device=device))
        sys.exit(52)


def hang(path: str, failure: Json | None) -> None:
    if failure and failure.get("hang"):
        wait_for_file(failure["hang"], path)


# --- sg_raw -----------------------------------------------------------------------------------------------------------


def hex_dump(data: bytes) -> str:
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        left = " ".join(f"{byte:02x}" for byte in row[:8])
        right = " ".join(f"{byte:02x}" for byte in row[8:])
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{f' {at:02x}':8}{f'{left}  {right}':52}{text}\n")
    return "".join(lines)


def sg_raw_main() -> None:
    path = state_path()
    log_call(path, ["sg_raw", *sys.argv[1:]])
    words = sys.argv[1:]
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("-r", "-t") else words[1:]
    device, cdb = words[0], [int(word, 16) for word in words[1:]]
    open_or_leave(path, device, "{device}: No such file or directory\n")
    try:
        data = execute(path, device, cdb)
    except SenseError as sense:
        name = CODE_NAMES.get((sense.asc, sense.ascq))
        words_of = (
            f"Additional sense: {name}" if name else f"vendor specific ASC={sense.asc:02x}, ASCQ={sense.ascq:02x} (hex)"
        )
        sys.stderr.write(
            "SCSI Status: Check Condition \n\nSense Information:\n"
            f"Fixed format, current; Sense key: {KEY_NAMES[sense.key]}\n{words_of}\n\n"
        )
        sys.exit(exit_status(sense))
    sys.stderr.write("SCSI Status: Good \n\n")
    if data:
        sys.stderr.write(f"Received {len(data)} bytes of data:\n{hex_dump(data)}")


def execute(path: str, device: str, cdb: list[int]) -> bytes:
    command = {0x00: "test_unit_ready", 0x1B: "unload_medium", 0xB8: "element_status"}.get(cdb[0], "other")
    with locked(path) as state:
        changer, drive = find_device(state, device)
        if changer is None:
            raise SenseError(5, 0x20, 0x00)
        failure = take_failure(changer, command)
        if failure and "sense" in failure:
            raise SenseError.scripted(failure)
        if drive is not None and command == "test_unit_ready":
            check_ready(drive)
            return b""
        if drive is None and command == "element_status":
            check_offline(changer)
            return element_status(changer, cdb)
        if drive is None or command != "unload_medium":
            raise SenseError(5, 0x20, 0x00)
        check_unload(drive)
    hang(path, failure)
    with locked(path) as state:
        _, drive = find_device(state, device)
        if drive is not None:
            drive["ejected"] = True
    return b""


def check_ready(drive: Json) -> None:
    if drive["cartridge"] is None:
        raise SenseError(2, 0x3A, 0x00)
    if drive["cleaning_polls"]:
        drive["cleaning_polls"] -= 1
        if not drive["cleaning_polls"]:
            finish_cleaning(drive)
        raise SenseError(2, 0x30, 0x03)
    if drive["ejected"]:
        raise SenseError(2, 0x3A, 0x00)


def check_unload(drive: Json) -> None:
    if drive["cartridge"] is None or drive["ejected"]:
        raise SenseError(2, 0x3A, 0x00)
    if drive["prevented"]:
        raise SenseError(5, 0x53, 0x02)


def element_status(changer: Json, cdb: list[int]) -> bytes:
    """Drive elements (type 4). How well DVCID works differs between libraries: see ``dvcid`` of make_library."""
    tags, identifiers = bool(cdb[1] & 0x10), bool(cdb[6] & 0x01)
    if cdb[1] & 0x0F != 4 or (identifiers and (changer["dvcid"] == "none" or (changer["dvcid"] == "alone" and tags))):
        raise SenseError(5, 0x24, 0x00)
    identifiers = identifiers and changer["dvcid"] != "ignored"
    descriptors = [descriptor(drive, tags, identifiers) for drive in changer["drives"]]
    body = b"".join(descriptors)
    length = len(descriptors[0]) if descriptors else 0
    page = bytes([4, 0x80 if tags else 0]) + length.to_bytes(2) + b"\0" + len(body).to_bytes(3) + body
    first = changer["drives"][0]["address"] if descriptors else 0
    header = first.to_bytes(2) + len(descriptors).to_bytes(2) + b"\0" + len(page).to_bytes(3)
    return (header + page)[: int.from_bytes(bytes(cdb[7:10]))]


def descriptor(drive: Json, tags: bool, identifiers: bool) -> bytes:
    cartridge = drive["cartridge"]
    missing = not drive["installed"]
    state = (1 if cartridge else 0) | (4 if missing else 0) | 8
    source = drive["source"] if cartridge and drive["source"] else None
    address: int = drive["address"]
    fixed = address.to_bytes(2) + bytes([state, 0, 0x83 if missing else 0, 4 if missing else 0, 0, 0, 0])
    fixed += bytes([0x80 if source else 0]) + (source or 0).to_bytes(2)
    tag = f"{cartridge['barcode'] if cartridge else '':32}".encode() + bytes(4) if tags else b""
    if not identifiers:
        return fixed + tag
    name = f"{drive['vendor']:8.8}{drive['product']:16.16}{drive['serial']:10}".encode()
    return fixed + tag + bytes([2, 1, 0, len(name)]) + name


# --- sg_logs ----------------------------------------------------------------------------------------------------------


def sg_logs_main() -> None:
    path = state_path()
    log_call(path, ["sg_logs", *sys.argv[1:]])
    device = sys.argv[-1]
    asked = next((word for word in sys.argv[1:-1] if word.startswith("--page=")), "--page=0x00")
    page = int(asked.removeprefix("--page=0x"), 16)
    missing = "error opening file: {device}: No such file or directory \nsg_logs failed: No such file or directory\n"
    open_or_leave(path, device, missing)
    with locked(path) as state:
        changer, drive = find_device(state, device)
        failure = scripted_failure(changer, page) if changer else None
    hang(path, failure)
    about = drive or changer
    if about is None:
        sys.exit(99)
    banner = f"    {about['vendor']:8}  {about['product']:16}  {about['revision']:4}\n"
    health = about.get("health")
    if not health:
        log_sense_refused(banner, 9, "not supported")
    if failure and "sense" in failure:
        log_sense_refused(banner, exit_status(SenseError.scripted(failure)), "failed")
    if page and page not in health["pages"]:
        log_sense_refused(banner, 5, "bad field in cdb")
    sys.stdout.write(banner + log_page(page, health))


def scripted_failure(changer: Json, page: int) -> Json | None:
    return take_failure(changer, f"sg_logs-{page:02x}") or take_failure(changer, "sg_logs")


def log_sense_refused(banner: str, code: int, words: str) -> NoReturn:
    sys.stdout.write(banner)
    sys.stderr.write(f"log_sense: {words}\nsg_logs failed: {CATEGORY.get(code, 'Medium or hardware error')}\n")
    sys.stdout.flush()
    sys.exit(code)


def recorded(name: str) -> str:
    """A recording without its command, its banner and its exit status."""
    return "".join((RECORDINGS / name).read_text().splitlines(keepends=True)[2:-1])


def log_page(page: int, health: Json) -> str:
    if page == 0:
        names = "".join(f"  0x{number:02x}        a page [xx]\n" for number in sorted({0, *health["pages"]}))
        return "Supported log pages log page  [0x0]:\n" + names
    if page == 0x2E:
        lines = recorded("sg-logs-tapealert.txt").splitlines()
        for flag in health["alerts"]:
            lines[flag] = lines[flag].removesuffix("0") + "1"
        return "\n".join(lines) + "\n"
    if page == 0x0D:
        return f"Temperature log page  [0xd]\n  Current temperature = {health['temperature']} C\n"
    if page in (0x02, 0x03):
        text = recorded("sg-logs-write-errors.txt").replace("Write", "Write" if page == 2 else "Read")
        text = text.replace("[0x2]", f"[0x{page:x}]").replace(
            "Total uncorrected errors = 0", "Total uncorrected errors = {}"
        )
        return text.format(health["write_errors" if page == 2 else "read_errors"])
    if page == 0x11:
        wanted = {20: "CRQRD", 21: "CRQST"}
        text = recorded("sg-logs-dtdstatus.txt")
        for flag, bit in wanted.items():
            text = text.replace(f"{bit}=0", f"{bit}={int(flag in health['alerts'])}")
        return text
    if page == 0x14:
        return (
            "Device statistics log page (ssc-3 and adc)\n"
            f"  Lifetime media loads: {health['loads']}\n  Lifetime cleaning operations: {health['cleanings']}\n"
            f"  Lifetime power on hours: {health['power_on_hours']}\n"
            f"  Lifetime media motion (head) hours: {health['motion_hours']}\n"
        )
    return recorded("sg-logs-volume-stats.txt")


# --- sg_read_attr -----------------------------------------------------------------------------------------------------


def sg_read_attr_main() -> None:
    path = state_path()
    log_call(path, ["sg_read_attr", *sys.argv[1:]])
    device = sys.argv[-1]
    open_or_leave(
        path,
        device,
        "open error: {device}: No such file or directory\nsg_read_attr failed: No such file or directory\n",
    )
    with locked(path) as state:
        changer, drive = find_device(state, device)
        failure = take_failure(changer, "sg_read_attr") if changer else None
    hang(path, failure)
    if drive is None or not drive["health"]:
        sys.stderr.write("Read attribute command not supported\nsg_read_attr failed: Illegal request, Invalid opcode\n")
        sys.exit(9)
    cartridge = drive["cartridge"]
    if cartridge is None or drive["ejected"]:
        sys.stderr.write("sg_read_attr failed: Device not ready\n")
        sys.exit(2)
    text = "Attribute values:\n" + recorded("sg-read-attr-written.txt")
    for name, value in (("Load count", cartridge.get("loads", 0)), ("Barcode", f"{cartridge['barcode']:31}")):
        text = re.sub(rf"^  {name}: .*$", f"  {name}: {value}", text, flags=re.MULTILINE)
    sys.stdout.write(text)
