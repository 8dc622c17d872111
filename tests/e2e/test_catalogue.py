"""The model list as callers see it."""
import threading
import time

import pytest
from servers import PINNED
from fakes.http_fake import Hang


def model_option(options):
    return [o for o in options if o["id"] == "model"][0]


def set_mode(server):
    return server.command("set_config_option",
                          {"configId": "mode", "value": "default"})


def values(option):
    return [o["value"] for o in option["options"]]


ALL = ["claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5"]


def test_a_pinned_session_opens_with_one_model_and_gets_the_list_later(
        house):
    """Pull request 2150's first change, with its consequences."""
    gateway = house.gateway(latency=1.5)
    server = house.start(gateway=gateway, env=PINNED)
    server.wait_ready()
    option = model_option(set_mode(server)["result"]["configOptions"])
    assert option["currentValue"] == "claude-sonnet-4-6"
    assert values(option) == ["claude-sonnet-4-6"]
    stream = server.events()
    update = stream.wait_for(
        lambda s: s.updates("config_option_update"))[0]
    option = model_option(update["configOptions"])
    assert option["currentValue"] == "claude-sonnet-4-6"
    assert sorted(values(option)) == sorted(ALL)
    assert gateway.count("GET models") == 1
    stream.close()


def test_another_model_waits_for_the_refresh_under_way(house):
    """Pull request 2150 refused it until the list was there."""
    gateway = house.gateway(latency=1.5)
    server = house.start(gateway=gateway, env=PINNED)
    server.wait_ready()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        server.command("set_config_option",
                       {"configId": "model", "value": "claude-haiku-4-5"},
                       timeout=20)))]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert answers == []
    for thread in threads:
        thread.join(20)
    for answer in answers:
        option = model_option(answer["result"]["configOptions"])
        assert option["currentValue"] == "claude-haiku-4-5"
        assert sorted(values(option)) == sorted(ALL)
    assert len(answers) == 1
    assert gateway.count("GET models") == 1


def test_the_wait_for_a_refresh_is_bounded(house):
    gateway = house.gateway()
    gateway.always["GET models"] = Hang()
    server = house.start(gateway=gateway, env=PINNED)
    server.wait_ready()
    answer = server.command("set_config_option", {
        "configId": "model", "value": "claude-haiku-4-5"}, timeout=60)
    assert answer["error"]["code"] == -32000
    assert "claude-haiku-4-5" in answer["error"]["message"]


def test_the_catalogue_as_options(house):
    server = house.start()
    server.wait_ready()
    options = set_mode(server)["result"]["configOptions"]
    assert [o["id"] for o in options] == ["mode", "model", "effort"]
    model = model_option(options)
    assert model["currentValue"] == "claude-opus-4-7"
    entry = [o for o in model["options"]
             if o["value"] == "claude-opus-4-7"][0]
    assert entry["name"] == "Claude Opus 4.7"
    assert entry["description"] == "Context: 1,000,000 tokens"
    assert values(model) == ALL
    effort = [o for o in options if o["id"] == "effort"][0]
    assert effort["category"] == "thought_level"
    assert effort["currentValue"] == "medium"
    assert values(effort) == ["low", "medium", "high", "xhigh", "max"]


def test_a_model_without_effort_has_no_effort_option(house):
    server = house.start()
    server.wait_ready()
    answer = server.command("set_config_option", {
        "configId": "model", "value": "claude-haiku-4-5"})
    assert [o["id"] for o in answer["result"]["configOptions"]] == \
        ["mode", "model"]


@pytest.mark.parametrize("name", ["haiku", "Claude Haiku 4.5",
                                  "CLAUDE-HAIKU-4-5"])
def test_a_model_can_be_named_loosely(house, name):
    server = house.start()
    server.wait_ready()
    answer = server.command("set_config_option",
                            {"configId": "model", "value": name})
    option = model_option(answer["result"]["configOptions"])
    assert option["currentValue"] == "claude-haiku-4-5"


def test_a_pinned_model_outside_the_catalogue_is_offered_first(house):
    server = house.start(env={"POSTHOG_CODE_MODEL": "claude-of-next-year"})
    server.wait_ready()
    server.gateway.wait_for_kind("GET models")
    stream = server.events()
    update = stream.wait_for(
        lambda s: s.updates("config_option_update"))[0]
    option = model_option(update["configOptions"])
    assert option["currentValue"] == "claude-of-next-year"
    assert option["options"][0] == {
        "value": "claude-of-next-year", "name": "claude-of-next-year",
        "description": "Custom model"}
    stream.close()


def test_a_pinned_model_that_is_not_anthropics_gives_way(house):
    server = house.start(env={"POSTHOG_CODE_MODEL": "gpt-5.4"})
    server.wait_ready()
    option = model_option(set_mode(server)["result"]["configOptions"])
    assert option["currentValue"] == "claude-opus-4-7"
