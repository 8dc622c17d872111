"""The control plane and the gateway over HTTPS."""
import pathlib
import shutil
import socket
import subprocess

import processes
import pytest
from servers import PINNED, free_port


def test_a_boot_over_https(house, ca):
    ca_file, context = ca
    server = house.start(plane=house.plane(tls=context),
                         gateway=house.gateway(tls=context),
                         env={"SSL_CERT_FILE": ca_file})
    server.wait_ready()
    assert server.gateway.count("GET models") == 1


def test_a_certificate_of_an_unknown_authority_is_refused(house, ca):
    _, context = ca
    server = house.start(plane=house.plane(tls=context), env=PINNED)
    # At once: no second try would see another certificate.
    health = server.wait_failed(3)
    assert health["failureClass"] == "control_plane_unreachable"
    assert "certificate" in health["failure"].lower()
    assert server.wait_exit() == 1
    assert "SSL_CERT_FILE" in health["failure"]
    assert "trying again" not in server.log
    assert server.plane.requests == []


@pytest.mark.skipif(not shutil.which("nghttpx"), reason="needs nghttpx")
def test_http_2_is_used_when_it_is_offered(house, ca, tmp_path):
    ca_file, _ = ca
    directory = pathlib.Path(ca_file).parent
    plane = house.plane()
    port = free_port()
    front = subprocess.Popen(
        ["nghttpx", f"-f127.0.0.1,{port}", f"-b127.0.0.1,{plane.port}",
         "--workers=1", str(directory / "key.pem"),
         str(directory / "cert.pem")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def listens():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                return False
        processes.wait_until(listens, 10, "nghttpx")
        server = house.start(plane=plane, env={
            **PINNED, "SSL_CERT_FILE": ca_file,
            "POSTHOG_API_URL": f"https://127.0.0.1:{port}"})
        server.wait_ready()
        for kind in ("GET task", "GET run"):
            headers = {k.lower(): v
                       for k, v in plane.of(kind)[0].headers.items()}
            assert headers["via"].startswith("2")
        server.terminate()
    finally:
        front.terminate()
        front.wait(5)
