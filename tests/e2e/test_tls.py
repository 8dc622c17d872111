"""The control plane and the gateway over HTTPS."""
import pathlib
import shutil
import socket
import subprocess
import threading

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
    assert "SSL_CERT_FILE" in health["failure"]
    assert "trying again" not in server.log
    assert server.wait_exit() == 1
    assert server.plane.requests == []


@pytest.mark.skipif(not shutil.which("nghttpx"), reason="needs nghttpx")
def test_http_2_is_used_when_it_is_offered(house, ca, tmp_path):
    ca_file, _ = ca
    directory = pathlib.Path(ca_file).parent
    plane = house.plane()
    port = free_port()
    access_log = tmp_path / "access.log"
    front = subprocess.Popen(
        ["nghttpx", f"-f127.0.0.1,{port}", f"-b127.0.0.1,{plane.port}",
         "--workers=1", f"--accesslog-file={access_log}",
         "--accesslog-format=$remote_port $method $path", str(directory / "key.pem"),
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
        # One connection carries both, though they set out on two.
        server.plane.wait_for_kind("PATCH run")
        ports = {line.split()[0] for line
                 in access_log.read_text().splitlines() if " GET /" in line}
        assert len(ports) == 1
        server.terminate()
    finally:
        front.terminate()
        front.wait(5)


class Barrier:
    """Passes connections on once a number of them has come."""

    def __init__(self, target, number):
        self.target = target
        self.met = threading.Event()
        self.came = 0
        self.number = number
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.came += 1
            if self.came >= self.number:
                self.met.set()
            threading.Thread(target=self.serve, args=[peer],
                             daemon=True).start()

    def serve(self, peer):
        self.met.wait(10)
        other = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.copy, args=[other, peer],
                         daemon=True).start()
        self.copy(peer, other)

    @staticmethod
    def copy(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_task_and_run_shake_hands_side_by_side_without_http_2(house, ca):
    ca_file, context = ca
    plane = house.plane(tls=context)
    barrier = Barrier(plane.port, 2)
    server = house.start(plane=plane, env={
        **PINNED, "SSL_CERT_FILE": ca_file,
        "POSTHOG_API_URL": f"https://127.0.0.1:{barrier.port}"})
    try:
        server.wait_ready(5)
        assert barrier.met.is_set()
        first = {plane.of(kind)[0].connection for kind in
                 ("GET task", "GET run")}
        assert len(first) == 2
        server.terminate()
    finally:
        barrier.listener.close()
