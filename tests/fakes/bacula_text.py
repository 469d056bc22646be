"""A small reader of Bacula's configuration for the fake bacula-sd, bacula-dir, bsdjson (15.0.3) and systemctl.

Errors have the form of tests/recordings/bacula: printed twice, with the faulty line behind them.
"""

import json
import os
import re
import sys
from typing import Any, NoReturn

Resource = tuple[str, dict[str, Any]]
KEYWORDS = re.findall(
    r"\w+",
    "Name Password Monitor SdAddress SdPort WorkingDirectory PidDirectory PluginDirectory MaximumConcurrentJobs Device "
    "ChangerDevice ChangerCommand MediaType ArchiveDevice DeviceType ControlDevice AlertCommand DriveIndex Autochanger "
    "AutomaticMount AlwaysOpen RemovableMedia RandomAccess OfflineOnUnmount LabelMedia AutoSelect MaximumChangerWait "
    "MaximumRewindWait MaximumOpenWait MaximumFileSize Director Address StorageAddress PoolType Storage CleaningPrefix "
    "TlsEnable TlsRequire TlsCertificate TlsKey TlsVerifyPeer SpoolDirectory MaximumSpoolSize "
    "LabelFormat MaximumVolumeBytes VolumeRetention Recycle AutoPrune Catalog",
)
CANONICAL = {word.lower(): word for word in KEYWORDS}
KINDS = {word.lower(): word for word in ("Director", "Storage", "Device", "Autochanger", "Messages", "Pool")}
BOOLEANS = {"yes": True, "no": False, "true": True, "false": False}
NUMBERS = (
    "DriveIndex",
    "SdPort",
    "MaximumConcurrentJobs",
    "MaximumChangerWait",
    "MaximumRewindWait",
    "MaximumOpenWait",
)
ORDER = ("Director", "Storage", "Device", "Messages", "Autochanger")
TOKEN = re.compile(r'#[^\n]*|"(?:[^"\\]|\\.)*"|[{};\n]|[^\s{};"#]+|[ \t\r]+')


class Refused(Exception):
    def __init__(self, text: str, line: int, column: int, file: str, shown: str = "") -> None:
        super().__init__(text)
        self.text, self.place, self.shown = text, f"line {line}, col {column} of file {file}", shown


def read(path: str) -> list[Resource]:
    """Raises ``Refused``; OSError for a file that is not there."""
    found: list[Resource] = []
    _read_into(path, found)
    known = {row.get("Name") for kind, row in found if kind == "Device"}
    for kind, row in found:
        if kind == "Device":
            for needed in ("MediaType", "ArchiveDevice"):
                if needed not in row:
                    raise Refused(f'"{needed}" directive is required in "Device" resource, but not found.', 1, 1, path)
        for name in row.get("Device", ()) if kind == "Autochanger" and "ChangerDevice" in row else ():
            if name not in known:
                raise Refused(f'Could not find config Resource "{name}" referenced on line 3', 3, 1, path)
    return found


def _read_into(path: str, found: list[Resource]) -> None:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().split("\n")
    current: Resource | None = None
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith("@") and current is None:
            _read_into(stripped[1:].strip().strip('"'), found)
            continue
        for part in _parts(line):
            current = _take(part, current, found, number, line, path)
    if current is not None:
        raise Refused("End of conf file reached with unclosed resource.", len(lines), 1, path)


def _parts(line: str) -> list[str]:
    """Pieces between braces and semicolons, and the braces."""
    parts, piece = [], ""
    for token in TOKEN.findall(line):
        if token.startswith("#"):
            break
        if token in "{};":
            parts += [piece.strip(), token]
            piece = ""
        else:
            piece += token
    return [part for part in [*parts, piece.strip()] if part and part != ";"]


def _take(
    part: str, current: Resource | None, found: list[Resource], number: int, line: str, path: str
) -> Resource | None:
    if part == "{":
        return current
    if part == "}":
        assert current
        found.append(current)
        return None
    if current is None:
        kind = KINDS.get(part.lower())
        if kind is None:
            raise Refused(f"expected resource name, got: {part}", number, 1, path, line)
        return kind, {}
    key, _, value = part.partition("=")
    word = re.sub(r"[\s_-]", "", key).lower()
    if word not in CANONICAL:
        raise Refused(f'Keyword "{key.strip()}" not permitted in this resource.', number, len(key), path, line)
    current[1][CANONICAL[word]] = _value(CANONICAL[word], value.strip(), current[0])
    return current


def _value(key: str, text: str, kind: str) -> Any:
    if key == "Device" and kind == "Autochanger":
        return [_plain(name.strip()) for name in text.split(",")]
    if key in NUMBERS:
        return int(text)
    if text.lower() in BOOLEANS and not text.startswith('"'):
        return BOOLEANS[text.lower()]
    return _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def refuse(error: Refused, program: str = "bacula-sd") -> NoReturn:
    text = f"{program}: ERROR TERMINATION at parse_conf.c:1698\nConfig error: {error.text}\n"
    text += f"            : {error.place}\n{error.shown}\n\n"
    sys.stdout.write(text + "25-Nov 12:13 " + text)
    sys.exit(1)


def option(argv: list[str], name: str, default: str = "") -> str:
    return argv[argv.index(name) + 1] if name in argv else default


def load(path: str, program: str = "bacula-sd") -> list[Resource]:
    try:
        return read(path)
    except OSError:
        sys.stdout.write(f'Config error: Cannot open config file "{path}": No such file or directory\n')
        sys.exit(1)
    except Refused as error:
        refuse(error, program)


def bsdjson(argv: list[str]) -> None:
    path = option(argv, "-c")
    found = load(path)
    missing = [kind for kind in ORDER[:3] if not any(k == kind for k, _ in found)]
    wanted = option(argv, "-r")
    if wanted:
        missing = [kind for kind in missing if kind == wanted]
    if missing:
        for kind in missing:
            sys.stdout.write(f"bacula-sd: bsdjson.c:606-0 No {kind} resource defined in {path}. Cannot continue.\n")
        sys.exit(1)
    rows = sorted(found, key=lambda item: (ORDER.index(item[0]) if item[0] in ORDER else 9, str(item[1].get("Name"))))
    if wanted:
        sys.stdout.write(json.dumps([row for kind, row in rows if kind == wanted], indent=1) + "\n")
    else:
        sys.stdout.write(json.dumps([{kind: row} for kind, row in rows], indent=1) + "\n")


def bacula_test(argv: list[str]) -> None:
    """``bacula-sd -t -c FILE`` and ``bacula-dir -t -c FILE``."""
    load(option(argv, "-c"), os.path.basename(argv[0]))
