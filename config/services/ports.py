"""Whether the web address is free, and who has it when it isn't."""

import errno
import socket

import psutil

from config.embedded.errors import StackError


def check_address(host: str, port: int) -> None:
    """Raises StackError with a sentence when nothing could listen on host and port."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise StackError(f"HOST {host!r} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.") from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            raise StackError(_reason(error, host, port)) from None


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is used by {_listener(port)}. Stop that, or choose another port: PORT={port + 1}"
    if error.errno == errno.EACCES:
        return f"Ports below 1024 are for root, and {port} is one. Choose another: PORT=8000"
    return f"Nothing can listen on {host}:{port} ({error.strerror}). Use HOST=127.0.0.1, or 0.0.0.0 for all addresses."


def _listener(port: int) -> str:
    """The process that listens there, as far as this user may see."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"


def url_of(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
