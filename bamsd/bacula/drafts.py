"""A new configuration as files: made from the picture of the host, tried out, compared. Nothing is installed here."""

import asyncio
import difflib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bamsd.bacula import account, bacula_sd, bsdjson, checks, config_files, dir_config, reach, sd_config, systemctl
from bamsd.bacula.account import Account
from bamsd.bacula.config_files import Places, Texts
from bamsd.bacula.models import Finding, Repository, TapeLibrary, check_name
from bamsd.bacula.reader import Reader
from bamsd.bacula.resources import Resource, SdConfig, redacted, text_of, written
from bamsd.bacula.sd_config import Passwords, Wanted
from bamsd.errors import InvalidArgument, NotFound, NotReady
from bamsd.system.run import Rights

PROBE = "bams-probe"
_PROBES: Mapping[str, str] = {
    "Storage": f"Storage {{\n  Name = {PROBE}\n  WorkingDirectory = /tmp\n  PidDirectory = /tmp\n}}\n",
    "Director": f"Director {{\n  Name = {PROBE}\n  Password = {PROBE}\n}}\n",
    "Device": f"Device {{\n  Name = {PROBE}\n  Media Type = {PROBE}\n  Archive Device = /dev/null\n}}\n",
}
"""bsdjson refuses a configuration that lacks one of these."""
_OUR_PASSWORD = re.compile(r"^  Name = (\S+)\n  Password = ([0-9a-f]{48})$", re.MULTILINE)

_T = TypeVar("_T", TapeLibrary, Repository)
Libraries = Callable[[], tuple[TapeLibrary, ...]]
Repositories = Callable[[], tuple[Repository, ...]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asks for. ``None`` stands for all. ``address`` is where a Director finds this host."""

    libraries: tuple[str, ...] | None = None
    repositories: tuple[str, ...] | None = None
    virtual: tuple[str, ...] = ()
    devices_per_repository: int = 2
    spool_directory: str = ""
    spool_bytes: int = 0
    director: str = "bacula-dir"
    address: str = ""
    local_director: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A configuration that could be installed. ``texts`` and ``before`` hold passwords; repr leaves them out."""

    texts: Texts = field(repr=False)
    before: Texts = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    director: str = field(repr=False)
    devices: frozenset[str]
    ours: frozenset[str]
    findings: tuple[Finding, ...]
    account: Account | None

    @property
    def is_new(self) -> bool:
        return any(self.before.get(path) != text for path, text in self.texts.items())

    @property
    def text(self) -> str:
        """BAMS's own file, without passwords."""
        own = next((text for path, text in self.texts.items() if path.name == "storage-daemon.conf"), "")
        return redacted(own or "", self.secrets)

    @property
    def diff(self) -> str:
        """Every file that changes as unified text, without passwords."""
        return "".join(self._diff(path) for path in sorted(self.texts))

    def _diff(self, path: Path) -> str:
        old, new = (redacted(text or "", self.secrets) for text in (self.before.get(path), self.texts[path]))
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), str(path), str(path), lineterm="")
        return "".join(f"{line}\n" for line in lines)


class Drafts:
    """Makes drafts. ``scripts`` is the folder of mtx-changer; ``user`` counts where the unit names none."""

    def __init__(
        self,
        places: Places,
        reader: Reader,
        libraries: Libraries,
        repositories: Repositories,
        *,
        scripts: str,
        user: str,
    ) -> None:
        self.places = places
        self._reader = reader
        self._libraries, self._repositories = libraries, repositories
        self._scripts, self._user = scripts, user
        self._trying = asyncio.Lock()

    async def make(self, choice: Choice) -> Draft:
        """Raises what makes a configuration impossible; what is only wrong stands in ``findings``."""
        before = await asyncio.to_thread(self._before)
        wanted = await self._wanted(choice, before)
        own = before[self.places.own] or ""
        passwords = _passwords(own, wanted)
        found = sd_config.resources(wanted, passwords)
        texts: dict[Path, str | None] = {
            self.places.own: sd_config.text(found),
            self.places.main: _including(before[self.places.main] or "", self.places.own),
            self.places.drop_in: _drop_in(wanted.repositories),
        }
        who = sd_config.main_director(wanted.base)[0] or wanted.director
        director = dir_config.text(dir_config.resources(wanted, _reach(choice, wanted, passwords)))
        # A Director that has BAMS's part already keeps it true.
        if choice.local_director or before[self.places.own_director] is not None:
            if before[self.places.director] is None:
                raise NotFound(
                    f"There is no {self.places.director}: install bacula-director, or leave local_director out."
                )
            texts[self.places.own_director] = director
            texts[self.places.director] = _including(before[self.places.director] or "", self.places.own_director)
        unit = await systemctl.look(systemctl.STORAGE)
        known = await asyncio.to_thread(account.find, unit.user or self._user, unit.groups)
        return Draft(
            texts=texts,
            before=before,
            secrets=(*wanted.base.secrets, passwords.monitor, passwords.director),
            director=f"# Password: that of the Director {who} in bacula-sd.conf of this host.\n"
            + redacted(director, (passwords.director,)),
            devices=sd_config.device_names(found),
            ours=_names(found),
            findings=checks.picture(wanted.libraries, wanted.repositories),
            account=known,
        )

    async def of(self, texts: Texts) -> Draft:
        """A draft of whole files that were kept elsewhere; BAMS's own is among them."""
        before = await asyncio.to_thread(self._before)
        unit = await systemctl.look(systemctl.STORAGE)
        found = written(texts[self.places.own] or "")
        return Draft(
            texts=texts,
            before=before,
            secrets=(),
            director="",
            devices=frozenset(name for kind, name in found if kind == "Device"),
            ours=frozenset(name for _, name in found),
            findings=(),
            account=await asyncio.to_thread(account.find, unit.user or self._user, unit.groups),
        )

    async def check(self, draft: Draft) -> tuple[Finding, ...]:
        """Everything that is wrong with a draft: its own findings, Bacula's, and those that Bacula does not see."""
        user = draft.account.name if draft.account else self._user
        if draft.account is None:
            missing = Finding("error", user, f"there is no user {user}", "Install bacula-sd.")
            return (*draft.findings, missing)
        own = draft.account
        async with self._trying:
            try:
                config = await self._try(draft)
            except bacula_sd.ConfigRefused as refused:
                return (*draft.findings, refused.finding)
            finally:
                await asyncio.to_thread(config_files.discard_trials, self.places)
        found = await asyncio.to_thread(
            checks.configured, config, draft.ours, lambda path: account.look(path, own), user
        )
        return (*draft.findings, *found)

    async def _try(self, draft: Draft) -> SdConfig:
        really, trial = self.places.really(), self.places.trial
        rights = await self._reader.storage()
        await asyncio.to_thread(self._write_trials, draft, (self.places.own, self.places.main), rights)
        await bacula_sd.check(trial(self.places.main), really, rights)
        if self.places.own_director in draft.texts:
            director = await self._reader.director()
            files = (self.places.own_director, self.places.director)
            await asyncio.to_thread(self._write_trials, draft, files, director)
            await bacula_sd.check(trial(self.places.director), really, director, program="bacula-dir")
        return await bsdjson.read(trial(self.places.main), really, rights)

    def _write_trials(self, draft: Draft, files: tuple[Path, Path], rights: Rights) -> None:
        """BAMS's own part and the file of people that includes it, for who tries them out."""
        own, main = files
        for path in files:
            if text := draft.texts.get(path):
                including = text.replace(f"@{own}\n", f"@{self.places.trial(own)}\n") if path == main else text
                config_files.write_trial(self.places, path, including, rights.gid)

    def _before(self) -> dict[Path, str | None]:
        return {path: config_files.read(path) for path in self.places.changed}

    async def _wanted(self, choice: Choice, before: Texts) -> Wanted:
        libraries = _chosen(self._libraries(), choice.libraries, "tape library")
        repositories = _chosen(self._repositories(), choice.repositories, "repository with a file system")
        base = await self._base(before[self.places.main] or "")
        return Wanted(
            libraries=libraries,
            repositories=repositories,
            virtual=frozenset(choice.virtual),
            devices_per_repository=choice.devices_per_repository,
            spool_directory=choice.spool_directory,
            spool_bytes=choice.spool_bytes,
            director=check_name(choice.director, "Director"),
            scripts=self._scripts,
            base=base,
        )

    async def _base(self, main: str) -> SdConfig:
        """What people wrote, as Bacula reads it. Resources that it needs to be read at all are lent to it."""
        written = config_files.without_include(main, self.places.own)
        if not written.strip():
            return SdConfig()
        async with self._trying:
            try:
                return await self._read_lending(written, frozenset({"Device"}))
            except bsdjson.ConfigUnreadable as unreadable:
                if not unreadable.missing:
                    raise
                return await self._read_lending(written, unreadable.missing | {"Device"})
            finally:
                await asyncio.to_thread(config_files.discard_trials, self.places)

    async def _read_lending(self, written: str, kinds: frozenset[str]) -> SdConfig:
        rights, main = await self._reader.storage(), self.places.main
        lent = "".join(_PROBES[kind] for kind in sorted(kinds & _PROBES.keys()))
        await asyncio.to_thread(config_files.write_trial, self.places, main, f"{written.rstrip()}\n{lent}", rights.gid)
        found = await bsdjson.read(self.places.trial(main), self.places.really(), rights)
        rows = {kind: tuple(row for row in found.of(kind) if text_of(row, "Name") != PROBE) for kind in found.rows}
        return SdConfig(rows)


def _chosen(there: tuple[_T, ...], names: tuple[str, ...] | None, what: str) -> tuple[_T, ...]:
    if names is None:
        return there
    known = {each.name: each for each in there}
    for name in names:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise NotFound(f"There is no {what} {name[:80]!a} that could be configured. There are: {listed[:400]}.")
    return tuple(known[name] for name in dict.fromkeys(names))


def _including(text: str, own: Path) -> str:
    """A text that has the line keeps it where it is."""
    return text if text != config_files.without_include(text, own) else config_files.with_include(text, own)


def _names(found: tuple[Resource, ...]) -> frozenset[str]:
    return frozenset(each.name for each in found)


def _passwords(own: str, wanted: Wanted) -> Passwords:
    """Those in force: people's for the Director, else the ones that BAMS made before, else new ones."""
    known = dict(_OUR_PASSWORD.findall(own))
    name, password = sd_config.main_director(wanted.base)
    director = password if name else known.get(wanted.director) or secrets.token_hex(24)
    return Passwords(known.get(sd_config.MONITOR) or secrets.token_hex(24), director)


def _reach(choice: Choice, wanted: Wanted, passwords: Passwords) -> dir_config.Reach:
    address, port = reach.address_of(wanted.base)
    given = choice.address or address
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", given):
        raise InvalidArgument(f"{given[:80]!a} is no address: give a host name or an IP address.")
    return dir_config.Reach(given, port, passwords.director)


def _drop_in(repositories: tuple[Repository, ...]) -> str | None:
    """Without it bacula-sd would write into the empty mount point, and fill the disk of the system."""
    if not repositories:
        return None
    lines = [f"RequiresMountsFor={each.path.replace('%', '%%')}" for each in repositories]
    return "\n".join([sd_config.FIRST_LINE, "[Unit]", *lines, ""])


def refuse(findings: tuple[Finding, ...]) -> None:
    """Raise the first error of the findings, and say how many more there are."""
    errors = [each for each in findings if each.severity == "error"]
    if not errors:
        return
    first, more = errors[0], len(errors) - 1
    where = f" ({first.file}, line {first.line})" if first.line else ""
    rest = f" There are {more} more: call CheckConfig." if more else ""
    raise NotReady(f"The configuration is not applied. {first.subject}: {first.text}{where}. {first.advice}{rest}")
