"""A control plane that is slow, broken or says no."""
import time

import pytest
from servers import PINNED, free_port
from fakes.http_fake import Answer, Drop, Hang

SHORT = {**PINNED, "AGENT_SERVER_CONTEXT_FETCH_DEADLINE_MS": "1500"}


def assert_failed(server, failure_class, told=True):
    """The boot failed, was told to everybody, and the process ended."""
    health = server.wait_failed()
    assert health["status"] == "ok"
    assert health["hasSession"] is False
    assert health["failureClass"] == failure_class
    assert health["failure"]
    assert health["boot"]["state"] == "failed"
    assert health["boot"]["failedPhase"] == "context_fetch"
    began = time.monotonic()
    assert server.wait_exit(5) == 1
    assert time.monotonic() - began < 5
    assert [line for line in server.log.splitlines()
            if line.startswith("Fatal agent-server error")
            and "; marking run failed" in line]
    if told:
        assert server.plane.statuses == ["failed"]
        assert server.plane.patches[-1]["error_message"]
    return health


def run_with(house, env=SHORT, **answers):
    plane = house.plane()
    plane.always.update({kind.replace("_", " "): answer
                         for kind, answer in answers.items()})
    return house.start(plane=plane, env=env)


def test_refused_connections(house):
    plane = house.plane()
    plane.refuse()
    server = house.start(plane=plane, env=SHORT)
    health = assert_failed(server, "control_plane_unreachable", told=False)
    assert "GET" in health["failure"] or "task" in health["failure"]


def test_a_host_without_a_name_in_dns(house):
    server = house.start(env={**SHORT,
                              "POSTHOG_API_URL": "http://no.such.invalid"})
    assert_failed(server, "control_plane_unreachable", told=False)


def test_a_hanging_run(house):
    assert_failed(run_with(house, GET_run=Hang()),
                  "control_plane_unreachable")


def test_a_connection_that_breaks(house):
    assert_failed(run_with(house, GET_run=Drop()),
                  "control_plane_unreachable")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_asked_again_once(house, status):
    server = run_with(house, GET_run=Answer(status, {"detail": "No."}))
    health = assert_failed(server, "control_plane_refused")
    assert str(status) in health["failure"]
    assert server.plane.count("GET run") == 2


def test_a_refusal_that_was_a_whim(house):
    plane = house.plane()
    plane.next["GET run"].append(Answer(401, {"detail": "No."}))
    house.start(plane=plane, env=SHORT).wait_ready()
    assert plane.count("GET run") == 2


def test_a_run_that_is_not_there(house):
    server = run_with(house, GET_run=Answer(404, {"detail": "Not found."}))
    health = assert_failed(server, "control_plane_refused")
    assert '[404] {"detail":"Not found."}' in health["failure"]
    assert server.plane.count("GET run") == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_that_pass(house, status):
    plane = house.plane()
    plane.next["GET run"].extend([Answer(status)] * 2)
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    assert plane.count("GET run") == 3
    assert plane.count("GET task") == 1


def test_a_server_error_that_stays(house):
    server = run_with(house, GET_run=Answer(500, {"detail": "Broken."}))
    assert_failed(server, "control_plane_unreachable")
    assert server.plane.count("GET run") > 1


def test_too_many_requests_are_repeated_when_asked_to(house):
    plane = house.plane()
    plane.next["GET run"].append(
        Answer(429, {"detail": "Slow down."}, headers={"Retry-After": "1"}))
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    first, second = plane.of("GET run")
    assert second.at - first.at >= 1


def test_a_slow_body_that_arrives(house):
    server = run_with(house, env=PINNED)
    server.terminate()
    plane = house.plane()
    plane.always["GET run"] = Answer(body=plane.run, drip=0.003)
    house.start(plane=plane, env=PINNED).wait_ready()


def test_a_slow_body_that_never_arrives(house):
    plane = house.plane()
    plane.always["GET run"] = Answer(body=plane.run, drip=0.3)
    assert_failed(house.start(plane=plane, env=SHORT),
                  "control_plane_unreachable")


@pytest.mark.parametrize("body", [
    b"<html>Please log in</html>", b"", b"[1, 2]", b'"text"',
    b'{"id": "x", "state": ', b"\xff\xfe\x00"],
    ids=["html", "empty", "array", "string", "cut", "binary"])
def test_a_body_that_is_no_run(house, body):
    assert_failed(run_with(house, GET_run=Answer(body=body)),
                  "control_plane_refused")


def test_a_100_mb_body(house):
    server = run_with(house, env=PINNED,
                      GET_run=Answer(body=b"{", size=100 << 20))
    health = server.wait_failed()
    with open(f"/proc/{server.pid}/status") as file:
        peak = [int(line.split()[1]) for line in file
                if line.startswith("VmHWM")][0]
    assert peak < 96 * 1024
    assert health["failureClass"] in ("control_plane_refused",
                                      "control_plane_unreachable")
    assert server.wait_exit() == 1
    assert server.plane.statuses == ["failed"]


def test_a_redirect_is_followed(house):
    plane = house.plane()
    plane.always["GET run"] = Answer(
        307, headers={"Location": "/elsewhere"})
    plane.always["GET /elsewhere"] = Answer(body=plane.run)
    house.start(plane=plane, env=SHORT).wait_ready()


def test_a_redirect_to_another_host_does_not_get_the_key(house):
    plane, other = house.plane(), house.gateway()
    plane.always["GET run"] = Answer(307, headers={
        "Location": f"http://localhost:{other.port}/elsewhere"})
    other.always["GET /elsewhere"] = Answer(body=plane.run)
    house.start(plane=plane, env=SHORT).wait_ready()
    headers = {k.lower() for k in other.of("GET /elsewhere")[0].headers}
    assert "authorization" not in headers


def test_a_failed_mark_does_not_hold_up_the_end(house):
    server = run_with(house, GET_run=Answer(404, {"detail": "Not found."}),
                      PATCH_run=Hang())
    server.wait_failed()
    began = time.monotonic()
    assert server.wait_exit(6) == 1
    assert time.monotonic() - began < 5


def test_a_failed_in_progress_mark_does_not_fail_the_session(house):
    server = run_with(house, PATCH_run=Answer(400, {"detail": "No."}))
    server.wait_ready()
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    assert server.health()["hasSession"] is True


def test_log_entries_outlive_a_control_plane_that_is_away_for_a_while(house):
    plane = house.plane()
    plane.next["POST append_log"].extend([Answer(503)] * 2)
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    plane.wait_for(lambda p: p.count("POST append_log") >= 3, 20)
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"), 20)


def test_nothing_listens_there(house):
    server = house.start(env={
        **SHORT, "POSTHOG_API_URL": f"http://127.0.0.1:{free_port()}"})
    assert_failed(server, "control_plane_unreachable", told=False)


def test_a_boot_that_used_up_its_time_is_still_marked_failed(house):
    plane = house.plane()
    plane.always["GET task"] = plane.always["GET run"] = Hang()
    plane.always["PATCH run"] = Answer(delay=0.3)
    server = house.start(plane=plane, env=PINNED)
    health = server.wait_failed(40)
    assert health["failureClass"] == "control_plane_unreachable"
    assert server.wait_exit(5) == 1
    assert plane.statuses == ["failed"]
    assert "could not be marked failed" not in server.log


def test_a_task_that_hangs_alone_does_not_fail_the_boot(house):
    plane = house.plane()
    plane.next["GET task"].append(Hang())
    server = house.start(plane=plane, env={
        **PINNED, "AGENT_SERVER_CONTEXT_FETCH_DEADLINE_MS": "1000"})
    server.wait_ready()
    plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    assert len([r for r in plane.requests if r.kind == "GET task"]) == 2
