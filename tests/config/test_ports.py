import socket

import pytest

from config.embedded.errors import StackError
from config.services.ports import check_address, url_of
from tests.config.stacks import free_port


def test_a_free_port_is_fine():
    port = free_port()

    check_address("127.0.0.1", port)

    # Looking has not taken it.
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] == port


def test_a_busy_port_is_named_with_another_to_try():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(StackError, match=rf"Port {port} is used by .*PORT={port + 1}"):
            check_address("127.0.0.1", port)


def test_an_address_of_another_machine_is_a_sentence():
    with pytest.raises(StackError, match=r"Nothing can listen on 192\.0\.2\.1:8000"):
        check_address("192.0.2.1", 8000)


def test_a_host_that_is_no_address_is_a_sentence():
    with pytest.raises(StackError, match="is no address of this machine"):
        check_address("not an address", 8000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("fe80::1", "http://[fe80::1]:80"),
        ("nas.lan", "http://nas.lan:80"),
    ],
)
def test_the_url_opens_on_this_machine(host, url):
    assert url_of(host, 80) == url
