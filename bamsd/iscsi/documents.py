"""A target as JSON for the store. A credential holds the number of its secret, never the secret."""

import json
from collections.abc import Mapping

from bamsd.iscsi.models import Credential, Group, Lun, Portal, Secret, Target


def write_document(target: Target, numbers: Mapping[str, str]) -> str:
    """``numbers`` maps the text of a secret to its number in the sealed file."""

    def credential(c: Credential) -> dict[str, str]:
        return {"user": c.user, "secret": numbers[c.secret.reveal()]}

    return json.dumps(
        {
            "alias": target.alias,
            "enabled": target.enabled,
            "portals": [[portal.address, portal.port] for portal in target.portals],
            "groups": [{"name": g.name, "initiators": g.initiators, "luns": g.luns} for g in target.groups],
            "luns": [{"number": n.number, "device": n.device, "read_only": n.read_only} for n in target.luns],
            "credentials": [credential(c) for c in target.credentials],
            "mutual": credential(target.mutual) if target.mutual else None,
            "parameters": target.parameters,
        }
    )


def read_document(iqn: str, rel_tgt_id: int, text: str, secrets: Mapping[str, str]) -> Target:
    """``secrets`` maps a number to the text of the secret. One that is lost becomes empty: see ``lost_secrets``."""
    document = json.loads(text)

    def credential(entry: Mapping[str, str]) -> Credential:
        return Credential(entry["user"], Secret(secrets.get(entry["secret"], "")))

    return Target(
        iqn=iqn,
        alias=document["alias"],
        enabled=document["enabled"],
        portals=tuple(Portal(address, port) for address, port in document["portals"]),
        groups=tuple(
            Group(g["name"], tuple(g["initiators"]), None if g["luns"] is None else tuple(g["luns"]))
            for g in document["groups"]
        ),
        luns=tuple(Lun(lun["number"], lun["device"], lun["read_only"]) for lun in document["luns"]),
        credentials=tuple(credential(entry) for entry in document["credentials"]),
        mutual=credential(document["mutual"]) if document["mutual"] else None,
        parameters=tuple((name, value) for name, value in document["parameters"]),
        rel_tgt_id=rel_tgt_id,
    )


def lost_secrets(target: Target) -> list[str]:
    """CHAP users whose secret the sealed file no longer has. Such a target is not applied: it would be open."""
    credentials = (*target.credentials, *((target.mutual,) if target.mutual else ()))
    return [credential.user for credential in credentials if not credential.secret.reveal()]
