"""--repoReadyFile: nothing reads the repository until that file exists."""
import json
import os
import time

from servers import PINNED
from fakes.http_fake import Hang


def start(house, path, env=PINNED, **options):
    return house.start(env=env, args={"--repoReadyFile": str(path)},
                       **options)


def assert_waits(server):
    server.agent.wait_for("initialize")
    server.plane.wait_for_kind("GET run")
    time.sleep(0.3)
    assert server.agent.received("session/new") == []
    health = server.health()
    assert health["hasSession"] is False
    assert health["boot"]["currentPhase"] == "repository_ready"


def test_the_session_waits_for_the_file(house, tmp_path):
    file = tmp_path / "ready"
    server = start(house, file)
    assert_waits(server)
    assert not server.repository.exists()
    assert server.agent.started[0]["cwd"] != str(server.repository)
    server.repository.mkdir()
    file.write_text("")
    server.wait_ready()
    new = server.agent.received("session/new")[0]
    assert new["params"]["cwd"] == str(server.repository)


def test_a_file_that_is_there_is_not_waited_for(house, tmp_path):
    file = tmp_path / "ready"
    file.write_text("")
    start(house, file).wait_ready()


def test_the_files_directory_may_come_later(house, tmp_path):
    file = tmp_path / "made/later/ready"
    server = start(house, file)
    assert_waits(server)
    server.repository.mkdir()
    file.parent.mkdir(parents=True)
    file.write_text("")
    server.wait_ready()


def test_the_file_may_be_moved_into_place(house, tmp_path):
    file = tmp_path / "ready"
    server = start(house, file)
    assert_waits(server)
    other = tmp_path / "not-yet"
    other.write_text("")
    os.rename(other, file)
    server.wait_ready()


def test_no_file_in_time_fails_the_boot(house, tmp_path):
    file = tmp_path / "never"
    server = start(house, file, env={
        **PINNED, "AGENT_SERVER_REPOSITORY_READY_DEADLINE_MS": "700"})
    health = server.wait_failed()
    assert health["failureClass"] == "repository_timeout"
    assert health["boot"]["failedPhase"] == "repository_ready"
    assert str(file) in health["failure"]
    assert server.wait_exit() == 1
    assert server.plane.statuses == ["failed"]


def test_settings_in_the_repository_are_read_once_it_is_there(
        house, tmp_path):
    file = tmp_path / "ready"
    gateway = house.gateway()
    gateway.always["GET models"] = Hang()
    server = start(house, file, env={}, gateway=gateway)
    assert_waits(server)
    settings = server.repository / ".claude/settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"model": "claude-haiku-4-5"}))
    file.write_text("")
    server.wait_ready(8)


def test_the_task_may_come_after_the_file(house, tmp_path):
    file = tmp_path / "ready"
    file.write_text("")
    start(house, file, plane=house.plane(latency=0.5)).wait_ready()


def test_the_working_directory_is_made_once_the_file_is_there(house, tmp_path):
    file = tmp_path / "ready"
    server = start(house, file)
    assert_waits(server)
    assert not server.repository.exists()
    file.write_text("")
    server.wait_ready()
    assert server.repository.is_dir()


def test_a_working_directory_that_cannot_be_made_then_is_named(house,
                                                               tmp_path):
    file = tmp_path / "ready"
    server = start(house, file)
    assert_waits(server)
    server.repository.write_text("a file")
    file.write_text("")
    health = server.wait_failed()
    assert health["failureClass"] == "bad_config"
    assert str(server.repository) in health["failure"]
    assert "--repositoryPath" in health["failure"]
    assert server.wait_exit() == 1
    assert server.plane.statuses == ["failed"]
