"""From the `http:` section to listeners and a server; what the app calls."""

from pathlib import Path

from exitd.api.application import make_app, refuse_open_door
from exitd.api.guard import Door
from exitd.api.listening import HttpServer, Listener, listen_tcp, listen_unix
from exitd.configuration.daemon_file import Http
from exitd.runtime.control import Control
from exitd.runtime.control.identifiers import Identifiers


async def make_server(
    control: Control,
    http: Http,
    socket: Path,
    identifiers: Identifiers,
    doors: tuple[Door, ...] = (),
) -> HttpServer:
    """Bind what `http:` names and make the server for it; nothing is served yet.

    Args:
        socket: The unix socket, where `http.socket` does not name one.
        doors: Other applications under prefixes of their own.

    Raises:
        ConfigurationError: A socket cannot be bound, or would let strangers in.
    """
    listeners = [
        listen_unix(Path(http.socket) if http.socket else socket, http.socket_group)
    ]
    try:
        if http.bind != "off":
            listeners.append(await _tcp(control, http.bind))
        app = make_app(
            control,
            allowed_hosts=http.allowed_hosts,
            identifiers=identifiers,
            doors=doors,
        )
        return HttpServer(app, tuple(listeners))
    except BaseException:
        for listener in listeners:
            listener.remove()
        raise


async def _tcp(control: Control, bind: str) -> Listener:
    host, _, port = bind.rpartition(":")
    listener = listen_tcp(host.strip("[]"), int(port))
    try:
        await refuse_open_door(control, bind, is_loopback=listener.is_loopback)
    except BaseException:
        listener.remove()
        raise
    return listener
