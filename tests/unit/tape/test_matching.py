from bamsd.tape.devices import ChangerDevice, DriveDevice
from bamsd.tape.matching import match, weakest
from bamsd.tape.models import DriveIdentity

CHANGER = ChangerDevice("6:0:0:0", "STK", "L700", "1", "CHG", "/dev/sg0", None)


def device(serial: str, hctl: str) -> DriveDevice:
    number = hctl.rsplit(":", 2)[1]
    return DriveDevice(
        hctl,
        "IBM",
        "ULT3580-TD8",
        "1",
        serial,
        "",
        f"/dev/st{number}",
        f"/dev/nst{number}",
        f"/dev/sg{number}",
        None,
        None,
    )


def identity(address: int, serial: str, *, asc: int = 0, ascq: int = 0) -> DriveIdentity:
    return DriveIdentity(address, "IBM", "ULT3580-TD8", serial, False, bool(asc), asc, ascq)


REVERSED = (device("S1", "6:0:5:0"), device("S0", "6:0:9:0"))


def test_the_serial_decides_whatever_the_kernels_order() -> None:
    found = match([0, 1], [identity(257, "S1"), identity(256, "S0")], REVERSED, {}, CHANGER)
    assert [(m.index, m.serial, m.how, m.device and m.device.serial) for m in found] == [
        (0, "S0", "serial", "S0"),
        (1, "S1", "serial", "S1"),
    ]


def test_a_drive_that_this_host_does_not_see_has_no_device() -> None:
    found = match([0, 1], [identity(256, "S0"), identity(257, "OTHER")], REVERSED, {}, CHANGER)
    assert found[1].device is None
    assert found[1].how == "serial"


def test_configuration_wins() -> None:
    found = match([0, 1], [identity(256, "S0"), identity(257, "S1")], REVERSED, {0: "S1"}, CHANGER)
    assert found[0].how == "configured"
    assert found[0].device is REVERSED[0]


def test_a_count_that_differs_is_not_believed() -> None:
    found = match([0, 1], [identity(257, "S1")], REVERSED, {}, CHANGER)
    assert [(m.how, m.serial) for m in found] == [("order", "S1"), ("order", "S0")]


def test_drives_that_are_not_installed_do_not_shift_the_others() -> None:
    found = match(
        [0, 1], [identity(1, "", asc=0x83, ascq=4), identity(2, "S0"), identity(3, "S1")], REVERSED, {}, CHANGER
    )
    assert [m.serial for m in found] == ["S0", "S1"]


def test_order_is_a_last_resort_and_said_so() -> None:
    found = match([0, 1], [], REVERSED, {}, CHANGER)
    assert [m.how for m in found] == ["order", "order"]
    assert [m.serial for m in found] == ["S1", "S0"]
    assert weakest(found) == "order"


def test_order_is_not_guessed_when_the_number_of_drives_differs() -> None:
    found = match([0, 1, 2], [], REVERSED, {}, CHANGER)
    assert [m.how for m in found] == ["none"] * 3
    assert weakest(found) == "none"
    assert weakest([]) == "none"


def test_a_serial_that_was_cut_off_is_completed_when_one_device_fits() -> None:
    devices = (device("HUJ0A", "6:0:5:0"), device("HUJ0B", "6:0:9:0"))
    found = match([0, 1], [identity(256, "HUJ0A"), identity(257, "HU")], devices, {}, CHANGER)
    assert [(m.serial, m.how) for m in found] == [("HUJ0A", "serial"), ("HUJ0B", "serial")]


def test_a_cut_serial_that_fits_two_devices_fits_none() -> None:
    devices = (device("HUJ0A", "6:0:5:0"), device("HUJ0B", "6:0:9:0"), device("HUJ0C", "6:0:10:0"))
    found = match([0, 1], [identity(256, "HUJ0A"), identity(257, "HU")], devices, {}, CHANGER)
    assert found[1].device is None
    found = match([0, 1], [identity(256, "HU"), identity(257, "HU")], devices[:1], {}, CHANGER)
    assert [m.device for m in found] == [None, None]
    found = match([0, 1], [identity(256, "HUJ0A"), identity(257, "H")], devices[:2], {}, CHANGER)
    assert found[1].device is None
