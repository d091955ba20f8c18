"""Where a request comes from."""

import ipaddress
from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address; None where there is none (a Unix socket, a test).

    `X-Forwarded-For` counts only when the peer is a trusted proxy (VIDEOTHEK_TRUSTED_PROXIES): it is read from its end,
    where proxies add, to the first address that is no trusted proxy. Anybody can write the rest.
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    proxies: Sequence[Network] = settings.TRUSTED_PROXIES
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and hops and any(address in network for network in proxies):
        before = _parsed(hops.pop())
        if before is None:
            break
        address = before
    return str(address) if address else None


def throttle_key(address: str) -> str:
    """What failures are counted by: the address, or of IPv6 its /64, which is what one household gets."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _parsed(text: str) -> Address | None:
    """The address, an IPv4 one written as IPv6 as IPv4; None for what is none."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
