"""`symmio key`: the key that exitd closes with on a chain, and the address of it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import Json
from exitd.cli.printing import note, say, say_json
from exitd.extras import how_to_install

NEEDS_EXTRA = f"this needs the extra symmio; run {how_to_install('symmio')}"
_KEY_BYTES = 32


def key(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the private key is.")
    ],
    is_new: Annotated[
        bool, typer.Option("--new", help="Make a key there first; FILE must not exist.")
    ] = False,
    json: Json = False,
) -> int:
    """
    Print the address of exitd's own key: what sub-accounts delegate to.

    The address needs some ether of the chain for gas. The key is of exitd alone: use no
    wallet of yours, and keep nothing else there.

    \b
    Examples:
      exitd symmio key /etc/exitd/credentials/symmio_key --new
      exitd symmio key /etc/exitd/credentials/symmio_key
    """
    try:
        from exitd.adapters.symmio.wallet import Wallet
    except ImportError as exc:
        raise CommandFailed(NEEDS_EXTRA) from exc
    from exitd.configuration.secrets import SecretReference, mode_complaint, resolve

    path = file.absolute()
    if is_new:
        _make(path)
    reference = SecretReference.model_validate({"file": str(path)})
    address = Wallet(resolve(reference, {})).address
    if json:
        say_json({"address": address, "file": str(path)})
        return ExitCode.OK
    say(address)
    complaint = mode_complaint(path)
    if complaint is not None:
        note(complaint)
    return ExitCode.OK


def _make(path: Path) -> None:
    try:
        # Another's file is never overwritten, and nobody else can read it meanwhile.
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandFailed(
            f"{path} is there already, so no key was made; leave out --new to see its "
            "address"
        ) from None
    except OSError as error:
        raise CommandFailed(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error
    with os.fdopen(opened, "w") as written:
        written.write(f"0x{secrets.token_bytes(_KEY_BYTES).hex()}\n")
