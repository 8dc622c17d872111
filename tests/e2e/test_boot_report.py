"""GET /boot: where the time of the boot went, and who may ask."""
import json

import pytest

from servers import PINNED, new_id


def box(report, part):
    found = [b for b in report["boxes"] if part in b["name"]]
    assert found, [b["name"] for b in report["boxes"]]
    return found[0]


def test_a_token_of_the_run_may_read_it(ready):
    assert ready.boot_report()["complete"] is True


def test_the_read_only_token_may_read_it_and_nothing_else(ready):
    file = ready.state / "trace-token"
    assert file.stat().st_mode & 0o7777 == 0o600
    token = file.read_text().strip()
    assert ready.boot_report(token)["complete"] is True
    assert ready.request("GET", "/events", token=token)[0] == 401
    assert ready.request("POST", "/command", body=b"{}",
                         token=token)[0] == 401


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_nobody_else_may(ready, token):
    status, _, body = ready.request("GET", "/boot", token=token)
    assert status == 401
    assert "boxes" not in body.decode()


def test_a_token_of_another_run_may_not(ready):
    assert ready.request("GET", "/boot",
                         token=ready.token(run_id=new_id()))[0] in (401, 403)


def test_the_boxes_of_a_boot(house):
    server = house.start(plane=house.plane(latency=0.2), env=PINNED, script={
        "delay": {"initialize": 0.6, "session/new": 0.3}})
    server.wait_ready()
    report = server.boot_report()
    assert report["complete"] is True
    for part in ("GET task", "GET run", "initialize", "session/new"):
        one = box(report, part)
        assert 0 <= one["startMs"] <= one["endMs"]
    for one in report["boxes"]:
        assert set(one) >= {"name", "startMs", "endMs", "waitedFor",
                            "critical", "slackMs"}
    # The agent was slower than the control plane.
    assert box(report, "initialize")["critical"] is True
    assert box(report, "session/new")["critical"] is True
    for part in ("GET task", "GET run"):
        assert box(report, part)["critical"] is False
        assert box(report, part)["slackMs"] > 100
    new = box(report, "session/new")
    assert new["endMs"] - new["startMs"] >= 300
    names = {b["name"] for b in report["boxes"]}
    assert new["waitedFor"] and set(new["waitedFor"]) <= names


def test_the_critical_path_adds_up_to_the_boot(ready):
    report = ready.boot_report()
    total = sum(stretch["ms"] for stretch in report["criticalPath"])
    assert total == pytest.approx(report["totalMs"], abs=0.1)
    assert 0 < report["ownShareMs"] <= report["totalMs"]
    assert sum(report["ownShare"].values()) == \
        pytest.approx(report["ownShareMs"], abs=0.1)
    assert ready.health()["bootMs"] == pytest.approx(report["totalMs"],
                                                     abs=3)


def test_a_boot_that_goes_on_can_be_read(house):
    server = house.start(env=PINNED, script={"at": {"initialize": "hang"}})
    server.agent.wait_for("initialize")
    report = server.boot_report()
    assert report["complete"] is False
    assert box(report, "initialize")["endMs"] is None


def test_the_catalogue_of_a_pinned_boot_lies_beside_the_path(house):
    server = house.start(gateway=house.gateway(latency=0.7), env=PINNED)
    server.wait_ready()
    server.gateway.wait_for_kind("GET models")
    report = server.boot_report()
    models = [b for b in report["boxes"] if "models" in b["name"]]
    assert all(b["critical"] is False for b in models)
    assert json.dumps(report)


def test_reading_the_settings_is_a_box_of_its_own(ready):
    settings = [b for b in ready.boot_report()["boxes"]
                if b["name"] == "read settings"]
    assert len(settings) == 1
    assert settings[0]["startMs"] <= settings[0]["endMs"]
