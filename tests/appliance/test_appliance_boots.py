"""The machine itself: if one of these fails, look here before you look at bamsd."""

import re
from pathlib import Path

import pytest

from tests.appliance import image
from tests.appliance.guest import Guest
from tests.appliance.processes import running
from tests.appliance.tape_library import INSIDE, PASSED_THROUGH, Library
from tests.appliance.vm import VirtualMachine

pytestmark = pytest.mark.appliance
BOTH = pytest.mark.parametrize("library", [INSIDE, PASSED_THROUGH], ids=lambda library: library.name)
LISTENING = "0A"


def changer(library: Library) -> str:
    return f"/dev/tape/by-id/scsi-{library.changer[3]}"


def tape(serial: str) -> str:
    return f"/dev/tape/by-id/scsi-{serial}-nst"


def test_no_unit_of_the_system_has_failed(guest: Guest) -> None:
    state = guest.attempt("systemctl is-system-running --wait", limit_s=300).out.strip()
    assert guest.run("systemctl --failed --no-legend --plain") == ""
    assert state == "running"


@BOTH
def test_a_library_shows_what_was_put_into_it(guest: Guest, library: Library) -> None:
    status = guest.run(f"mtx -f {changer(library)} status")
    slots = library.slots + library.import_export
    header = f"{len(library.drives)} Drives, {slots} Slots ( {library.import_export} Import/Export )"
    assert header in status
    shown = re.findall(r"VolumeTag ?= ?(\w+)", status)
    assert sorted(shown) == sorted(library.cartridges)


@BOTH
def test_the_changer_names_its_drives_by_serial_and_each_has_a_device(guest: Guest, library: Library) -> None:
    first = f"{library.first_drive >> 8:02x} {library.first_drive & 255:02x}"
    read_element_status = f"sg_raw --binary -r 4096 {changer(library)} b8 14 {first} 00 10 01 00 10 00 00 00"
    printable = guest.run(f"{read_element_status} | tr -cd '[:print:]'")
    # tgt always leaves out the last 8 bytes of its answer, so of the last drive's serial 2 characters are to be seen.
    *whole, last = (library.drive_model[1].ljust(16) + drive.serial for drive in library.drives)
    assert all(identity in printable for identity in whole)
    assert printable.endswith(last[:-8])
    for drive in library.drives:
        assert guest.run(f"readlink -f {tape(drive.serial)}").startswith("/dev/nst")


def test_the_kernel_numbers_the_passed_through_drives_in_reverse(guest: Guest) -> None:
    nodes = [guest.run(f"readlink -f {tape(drive.serial)}").strip() for drive in PASSED_THROUGH.drives]
    assert nodes == sorted(nodes, reverse=True)


@BOTH
def test_a_tape_gives_back_what_was_written(guest: Guest, library: Library) -> None:
    drive = tape(library.drives[1].serial)
    robot = f"mtx -f {changer(library)}"
    guest.run(f"{robot} load 2 1 && mt -f {drive} rewind")
    guest.run(f"tar -cf {drive} -C / etc/hosts && mt -f {drive} rewind")
    back = guest.run(f"tar -xOf {drive} etc/hosts")
    guest.run(f"mt -f {drive} offline; {robot} unload 2 1")
    assert back == guest.run("cat /etc/hosts")


def test_a_hand_puts_a_cartridge_into_the_inside_library_and_takes_it_out(guest: Guest) -> None:
    guest.run("bams-operator-hand insert inside 2 HND001L8")
    assert "Storage Element 22 IMPORT/EXPORT:Full :VolumeTag=HND001L8" in guest.run(f"mtx -f {changer(INSIDE)} status")
    guest.run("bams-operator-hand remove inside 2")
    assert "HND001L8" not in guest.run(f"mtx -f {changer(INSIDE)} status")


def test_a_hand_reaches_the_passed_through_library_too(vm: VirtualMachine, guest: Guest) -> None:
    vm.library.command("insert", PASSED_THROUGH.name, "1", "HND002L6")
    assert "HND002L6" in guest.run(f"mtx -f {changer(PASSED_THROUGH)} status")
    vm.library.command("remove", PASSED_THROUGH.name, "1")
    assert "HND002L6" not in guest.run(f"mtx -f {changer(PASSED_THROUGH)} status")


def test_zfs_is_there_when_the_image_has_it(guest: Guest) -> None:
    loaded = guest.attempt("modprobe zfs && zfs version")
    assert (loaded.code == 0) == image.wanted_recipe().with_zfs, loaded.err


def test_the_modules_that_bamsd_may_not_load_are_there_and_a_restart_does_not_load_them_again(guest: Guest) -> None:
    run_of = "systemctl show --value -p InvocationID -p Result bams-modules.service"
    before = guest.run(run_of)
    guest.run("cd /sys/module && ls -d configfs st sg dm_mod dm_thin_pool dm_snapshot")
    guest.run("systemctl restart bamsd.service", limit_s=180)
    assert guest.run(run_of) == before
    assert "success" in before


def test_people_have_the_groups_they_should(guest: Guest) -> None:
    groups = {name: set(guest.run(f"id -nG {name}").split()) for name in ("admin", "operator", "viewer")}
    assert groups == {
        "admin": {"users", "sudo", "bams-admin"},
        "operator": {"users", "bams-operator"},
        "viewer": {"users"},
    }


def test_nothing_of_the_machine_listens_beyond_this_host(vm: VirtualMachine) -> None:
    pid = running(vm.pid_file, str(vm.pid_file))
    settings = vm.settings
    assert settings is not None
    by_qemu = {link_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    ports = {settings.ssh_port, settings.cockpit_port, settings.tape_port}
    ours = [(address, port) for address, port, inode in listeners() if port in ports or f"socket:[{inode}]" in by_qemu]
    assert {port for _, port in ours} == ports
    assert {address for address, _ in ours} == {"0100007F"}  # 127.0.0.1 as the kernel prints it


def link_target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed meanwhile
        return ""


def listeners() -> list[tuple[str, int, str]]:
    """Address in hex, port and inode of all listening TCP sockets of this host."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:] if Path(table).exists() else []:
            words = line.split()
            address, _, port = words[1].rpartition(":")
            if words[3] == LISTENING:
                found.append((address, int(port, 16), words[9]))
    return found
