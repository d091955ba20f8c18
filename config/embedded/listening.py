"""Whether the servers that come along listen on the network too, for workers on other machines.

Off unless VIDEOTHEK_LISTEN_ADDRESS names an address of this machine, and then only with VIDEOTHEK_WORKER_PASSWORD.
PostgreSQL lets only the user `videothek_worker` in from there, who reads and writes rows and can do nothing else; the
password is proven without being sent (SCRAM-SHA-256). Redis wants the password from everybody, on its socket too.
Neither encrypts what it sends: use a private network or a tunnel.
"""

import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.embedded.errors import StackError

WORKER = "videothek_worker"
_SHORTEST_PASSWORD = 12
_PORTS = {"VIDEOTHEK_POSTGRES_PORT": 5432, "VIDEOTHEK_REDIS_PORT": 6379}


@dataclass(frozen=True, slots=True)
class Listening:
    """An address of this machine, the ports there, and what workers prove themselves by."""

    address: str
    postgres_port: int
    redis_port: int
    password: str


def wanted(environment: Mapping[str, str] = os.environ) -> Listening | None:
    """What the environment asks for; None for sockets only. Raises StackError with a sentence for what can't be."""
    address = environment.get("VIDEOTHEK_LISTEN_ADDRESS", "").strip()
    if not address:
        return None
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise StackError(
            f"VIDEOTHEK_LISTEN_ADDRESS is {address!r}: give the IP address of this machine that workers reach it by."
        ) from None
    password = environment.get("VIDEOTHEK_WORKER_PASSWORD", "").strip()
    if len(password) < _SHORTEST_PASSWORD or any(char in password for char in "\r\n\0"):
        raise StackError(
            "VIDEOTHEK_LISTEN_ADDRESS is set, so everybody on that network can knock: set VIDEOTHEK_WORKER_PASSWORD "
            f"too, to at least {_SHORTEST_PASSWORD} characters."
        )
    ports = {name: _port(environment, name) for name in _PORTS}
    return Listening(address, ports["VIDEOTHEK_POSTGRES_PORT"], ports["VIDEOTHEK_REDIS_PORT"], password)


def _port(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "").strip() or str(_PORTS[name])
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise StackError(f"{name} is {text!r}: use a number from 1 to 65535.")
    return int(text)


def check_address(listening: Listening, port: int, server: str) -> None:
    """Raises StackError when the address isn't this machine's or the port is taken."""
    family = socket.AF_INET6 if ":" in listening.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listening.address, port))
        except OSError as error:
            raise StackError(
                f"{server} can't listen on {listening.address} port {port} ({error.strerror}). Check "
                "VIDEOTHEK_LISTEN_ADDRESS, or set another port."
            ) from None


def redis_socket_url(path: Path, environment: Mapping[str, str] = os.environ) -> str:
    """How this machine's own processes reach Redis: by its socket, with the password where there is one."""
    listens = environment.get("VIDEOTHEK_LISTEN_ADDRESS", "").strip()
    password = environment.get("VIDEOTHEK_WORKER_PASSWORD", "").strip() if listens else ""
    return f"unix://:{quote(password, safe='')}@{path}" if password else f"unix://{path}"
