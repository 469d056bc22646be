"""A mail system and a person's own program for alerts, as programs in a folder that keep what they got."""

import email.policy
import json
import sys
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

SENDMAIL = """\
#!{python} -SE
import os, sys, time
folder = {folder!r}
if os.path.exists(folder + "/fails"):
    sys.stderr.write("sendmail: fatal: the queue is full\\n")
    sys.exit(75)
number = len(os.listdir(folder + "/mails"))
unfinished = f"{{folder}}/unfinished-{{os.getpid()}}"
with open(unfinished, "w") as file:
    file.write(repr(sys.argv[1:]) + "\\n" + sys.stdin.read())
os.rename(unfinished, f"{{folder}}/mails/{{number:04}}")
if os.path.exists(folder + "/hangs"):
    os.kill(os.getpid(), 19)
"""
HOOK = """\
#!{python} -SE
import json, os, sys
folder = {folder!r}
if os.path.exists(folder + "/hook-fails"):
    sys.exit("no way")
found = {{"argv": sys.argv[1:], "environment": dict(os.environ), "alert": json.load(sys.stdin)}}
with open(folder + "/hook.jsonl", "a") as file:
    file.write(json.dumps(found) + "\\n")
"""


class FakeMail:
    def __init__(self, directory: Path) -> None:
        self.folder = directory / "mail"
        (self.folder / "mails").mkdir(parents=True)
        self.sendmail, self.hook = self.folder / "sendmail", self.folder / "hook"
        for path, text in ((self.sendmail, SENDMAIL), (self.hook, HOOK)):
            path.write_text(text.format(python=sys.executable, folder=str(self.folder)))
            path.chmod(0o755)

    def set(self, what: str, on: bool = True) -> None:
        """``fails`` or ``hangs`` for the mail system, ``hook-fails`` for the program."""
        if on:
            (self.folder / what).touch()
        else:
            (self.folder / what).unlink()

    def mails(self) -> list[EmailMessage]:
        found = []
        for path in sorted((self.folder / "mails").iterdir()):
            text = path.read_bytes().split(b"\n", 1)[1]
            message = BytesParser(policy=email.policy.default).parsebytes(text)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    def subjects(self) -> list[str]:
        """Without the host's name in front."""
        return [str(mail["Subject"]).partition("] ")[2] for mail in self.mails()]

    def bodies(self) -> list[str]:
        return [str(mail.get_content()) for mail in self.mails()]

    def arguments(self) -> list[str]:
        """Of each call of sendmail."""
        return [path.read_text().split("\n", 1)[0] for path in sorted((self.folder / "mails").iterdir())]

    def hooked(self) -> list[dict[str, Any]]:
        log = self.folder / "hook.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
