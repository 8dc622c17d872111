"""Where the server listens, and what happens when it cannot."""
import socket

import client
import pytest
from servers import PINNED, free_port


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_all_interfaces_are_served_by_default(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    assert client.request(server.port, "GET", "/health")[0] == 200
    if has_ipv6():
        with socket.create_connection(("::1", server.port), 5) as s:
            s.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n"
                      b"Connection: close\r\n\r\n")
            assert s.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_host_can_be_named(house):
    server = house.start(env=PINNED, args={"--host": "127.0.0.1"})
    server.wait_ready()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", server.port), 2)


def test_a_port_in_use_is_named(house):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", port))
        taken.listen()
        server = house.start(env=PINNED, args={"--port": str(port)})
        assert server.wait_exit() == 1
    assert str(port) in server.log + server.errors
    house.assert_no_orphans()


def test_a_port_is_taken_again_at_once_after_an_end(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    server.terminate()
    again = house.start(env=PINNED, args={"--port": str(server.port)})
    again.port = server.port
    again.wait_ready()


def test_running_out_of_descriptors_harms_only_for_a_while(house):
    server = house.start(
        env=PINNED, wrapper=["/bin/bash", "-c", 'ulimit -n 64; exec "$@"',
                             "sh"])
    server.wait_ready()
    held = []
    try:
        for _ in range(150):
            held.append(socket.create_connection(("127.0.0.1", server.port),
                                                 2))
    finally:
        for one in held:
            one.close()
    assert server.health(timeout=10)["hasSession"] is True
