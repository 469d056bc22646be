from pathlib import Path

from bamsd.bus.caller import UNSET_LOGIN_UID, login_uid


def process(proc: Path, pid: int, login: int, cgroup: str = "0::/user.slice\n") -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "loginuid").write_text(str(login))
    (proc / str(pid) / "cgroup").write_text(cgroup)


def test_the_login_uid_survives_sudo(tmp_path: Path) -> None:
    process(tmp_path, 10, 1000)
    assert login_uid(10, tmp_path) == 1000


def test_a_root_bridge_started_by_systemd_belongs_to_the_persons_bridge(tmp_path: Path) -> None:
    process(tmp_path, 10, 1000)
    process(tmp_path, 11, UNSET_LOGIN_UID, "0::/system.slice/cockpit-superuser-10.service\n")
    assert login_uid(11, tmp_path) == 1000


def test_a_service_has_no_login(tmp_path: Path) -> None:
    process(tmp_path, 10, UNSET_LOGIN_UID, "0::/system.slice/x.service\n")
    assert login_uid(10, tmp_path) is None


def test_a_bridge_that_names_itself_ends_the_search(tmp_path: Path) -> None:
    process(tmp_path, 11, UNSET_LOGIN_UID, "0::/system.slice/cockpit-superuser-11.service\n")
    assert login_uid(11, tmp_path) is None


def test_a_process_that_is_gone_has_no_login(tmp_path: Path) -> None:
    assert login_uid(99, tmp_path) is None
