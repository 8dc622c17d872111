"""A model pinned by the agent's settings files."""
import json

import pytest
from servers import PINNED
from fakes.http_fake import Hang



def model_of(server):
    answer = server.command("set_config_option",
                            {"configId": "mode", "value": "default"})
    return [o["currentValue"] for o in answer["result"]["configOptions"]
            if o["id"] == "model"][0]


@pytest.fixture
def start(house, tmp_path):
    """A boot that no catalogue helps, with settings laid out before it."""
    def start_it(files, env=None):
        gateway = house.gateway()
        gateway.always["GET models"] = Hang()
        home, repository = tmp_path / "home", tmp_path / "repository"
        home.mkdir()
        repository.mkdir()
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str)
                            else json.dumps(content))
        return house.start(
            gateway=gateway, args={"--repositoryPath": str(repository)},
            env={"HOME": str(home), **(env or {})})
    return start_it


@pytest.mark.parametrize("file", [
    "home/.claude/settings.json", "repository/.claude/settings.json",
    "repository/.claude/settings.local.json"])
def test_each_settings_file_pins_the_model(start, file):
    server = start({file: {"model": "claude-haiku-4-5"}})
    server.wait_ready(8)
    assert model_of(server) == "claude-haiku-4-5"


def test_the_most_local_file_wins(start):
    server = start({
        "home/.claude/settings.json": {"model": "claude-opus-4-5"},
        "repository/.claude/settings.json": {"model": "claude-opus-4-6"},
        "repository/.claude/settings.local.json":
            {"model": "claude-haiku-4-5"}})
    server.wait_ready(8)
    assert model_of(server) == "claude-haiku-4-5"


def test_settings_win_over_the_environment(start):
    server = start({"home/.claude/settings.json":
                    {"model": "claude-haiku-4-5"}}, env=PINNED)
    server.wait_ready(8)
    assert model_of(server) == "claude-haiku-4-5"


def test_the_configuration_directory_can_be_elsewhere(start, tmp_path):
    server = start({"elsewhere/settings.json": {"model": "claude-opus-4-6"}},
                   env={"CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")})
    server.wait_ready(8)
    assert model_of(server) == "claude-opus-4-6"


def test_a_malformed_file_is_passed_over_and_said(start):
    server = start({
        "home/.claude/settings.json": {"model": "claude-haiku-4-5"},
        "repository/.claude/settings.json": "{ not json"})
    server.wait_ready(8)
    assert model_of(server) == "claude-haiku-4-5"
    server.wait_log("repository/.claude/settings.json")
