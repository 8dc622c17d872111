"""The boot: what it asks for, how often, and what it does not wait for."""
import json
import time

import processes

import pytest
from servers import API_KEY, PINNED
from fakes.http_fake import Answer, Hang


def counts(server):
    return {"task": server.plane.count("GET task"),
            "run": server.plane.count("GET run"),
            "models": server.gateway.count("GET models")}


def first_turn_over(server):
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))


def test_a_pinned_boot_asks_once_for_task_run_and_models(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    first_turn_over(server)
    server.gateway.wait_for_kind("GET models")
    time.sleep(0.3)
    assert counts(server) == {"task": 1, "run": 1, "models": 1}
    assert server.plane.unexpected() == []


def test_a_boot_without_a_pin_asks_once_too(house):
    server = house.start()
    server.wait_ready()
    first_turn_over(server)
    time.sleep(0.3)
    assert counts(server) == {"task": 1, "run": 1, "models": 1}


def test_task_and_run_are_asked_for_at_the_same_time(house):
    server = house.start(plane=house.plane(latency=0.5), env=PINNED)
    server.wait_ready()
    task, run = (server.plane.of(kind)[0] for kind in ("GET task", "GET run"))
    assert abs(task.at - run.at) < 0.4


def test_the_agent_is_started_before_the_task_is_known(house):
    plane = house.plane()
    plane.always["GET task"] = plane.always["GET run"] = Hang()
    server = house.start(plane=plane, env=PINNED)
    server.agent.wait_for("initialize")
    assert server.health()["hasSession"] is False
    assert server.agent.received("session/new") == []


def test_a_pinned_boot_does_not_wait_for_a_hanging_gateway(house):
    gateway = house.gateway()
    gateway.always["GET models"] = Hang()
    server = house.start(gateway=gateway, env=PINNED)
    server.wait_ready()
    first_turn_over(server)


def test_a_boot_without_a_pin_waits_for_the_catalogue(house):
    gateway = house.gateway(latency=1.0)
    server = house.start(gateway=gateway)
    server.agent.wait_for("session/new")
    time.sleep(0.2)
    assert server.health()["hasSession"] is False
    server.wait_ready()
    assert gateway.count("GET models") == 1


@pytest.mark.parametrize("answer", [
    Answer(500, {"error": "broken"}), Answer(200, b"<html>not json"),
    Answer(200, {"object": "list", "data": []}), Answer(404, b"")],
    ids=["500", "not_json", "empty", "404"])
def test_without_a_usable_catalogue_the_default_model_is_taken_and_said(
        house, answer):
    gateway = house.gateway()
    gateway.always["GET models"] = answer
    server = house.start(gateway=gateway)
    server.wait_ready()
    server.wait_log("default model")
    options = server.command("set_config_option",
                             {"configId": "mode", "value": "default"})
    model = [o for o in options["result"]["configOptions"]
             if o["id"] == "model"][0]
    assert model["currentValue"] == "claude-opus-4-7"


def test_a_hanging_catalogue_is_waited_for_only_so_long(house):
    gateway = house.gateway()
    gateway.always["GET models"] = Hang()
    server = house.start(gateway=gateway, env={
        "AGENT_SERVER_SESSION_DEPENDENCIES_DEADLINE_MS": "400"})
    server.wait_ready(10)
    server.wait_log("default model")


def test_a_refused_gateway_is_said(house):
    gateway = house.gateway()
    gateway.refuse()
    server = house.start(gateway=gateway, env={
        "AGENT_SERVER_SESSION_DEPENDENCIES_DEADLINE_MS": "3000"})
    server.wait_ready()
    server.wait_log("default model")


def environment_of_the_session(server):
    """The environment of the process that got session/new, and its gateway's
    variables."""
    new = server.agent.wait_for("session/new")
    return [s["env"] for s in server.agent.started
            if s["pid"] == new["pid"]][0]


@pytest.mark.parametrize("internal, product", [
    (False, "posthog_code"), (True, "background_agents")])
def test_the_gateways_product_follows_the_task(house, internal, product):
    plane = house.plane(latency=0.4)
    plane.task["internal"] = internal
    server = house.start(plane=plane, gateway=None, env=PINNED)
    # The agent has been started on a guess before the task was known.
    server.agent.wait_for("initialize")
    assert plane.count("GET task") == 0 or not server.health()["hasSession"]
    server.wait_ready()
    env = environment_of_the_session(server)
    gateway = f"http://localhost:3308/{product}"
    assert env["ANTHROPIC_BASE_URL"] == gateway
    assert env["LLM_GATEWAY_URL"] == gateway
    assert env["OPENAI_BASE_URL"] == gateway + "/v1"
    assert len(server.agent.received("session/new")) == 1
    assert len(server.agent.started) == (2 if internal else 1)


def test_an_agent_started_on_a_wrong_guess_is_gone(house):
    plane = house.plane(latency=0.4)
    plane.task["internal"] = True
    agent = house.agent(grandchildren=1)
    server = house.start(plane=plane, gateway=None, env=PINNED, agent=agent)
    server.wait_ready()
    replaced = server.agent.started[0]["pid"]

    processes.wait_until(lambda: not processes.is_alive(replaced), 5,
                         "the replaced agent's end")


def test_a_given_gateway_is_taken_verbatim(house):
    plane = house.plane()
    plane.task["internal"] = True
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    env = environment_of_the_session(server)
    assert env["ANTHROPIC_BASE_URL"] == server.gateway.product_url
    server.gateway.wait_for_kind("GET models")
    assert server.gateway.of("GET models")[0].path == \
        "/some_product/v1/models"


def test_a_task_that_cannot_be_had_is_fetched_once_more_for_the_prompt(house):
    plane = house.plane()
    plane.next["GET task"].append(Answer(404, {"detail": "Not found."}))
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    prompt = server.agent.wait_for("session/prompt")
    assert prompt["params"]["prompt"][-1]["text"] == \
        plane.task["description"]
    first_turn_over(server)
    assert plane.count("GET task") == 2
    assert plane.statuses == ["in_progress"]


def test_a_task_that_stays_away_fails_the_run_but_not_the_session(house):
    plane = house.plane()
    plane.always["GET task"] = Answer(404, {"detail": "Not found."})
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    plane.wait_for(lambda p: "failed" in p.statuses)
    assert server.health()["hasSession"] is True
    assert server.agent.received("session/prompt") == []
    assert plane.count("GET task") == 2


def test_no_second_task_fetch_when_the_prompt_does_not_need_one(house):
    plane = house.plane()
    plane.always["GET task"] = Answer(404, {"detail": "Not found."})
    plane.run["state"]["initial_prompt_override"] = "Do this instead."
    server = house.start(plane=plane, env=PINNED)
    server.wait_ready()
    first_turn_over(server)
    assert plane.count("GET task") == 1


def test_session_new_tells_the_agent_what_the_contract_lists(house):
    plane = house.plane()
    plane.task["json_schema"] = {"type": "object", "properties": {}}
    plane.run["state"]["initial_permission_mode"] = "plan"
    servers = [{"type": "http", "name": "tools",
                "url": "https://mcp.example.com/x"}]
    server = house.start(plane=plane, env=PINNED, args={
        "--mcpServers": json.dumps(servers), "--allowedDomains": "a.com, b.c"})
    server.wait_ready()
    params = server.agent.received("session/new")[0]["params"]
    assert params["cwd"] == str(server.repository)
    assert params["mcpServers"] == [dict(servers[0], headers=[])]
    meta = params["_meta"]
    assert meta["sessionId"] == meta["taskRunId"] == server.run_id
    assert meta["model"] == PINNED["POSTHOG_CODE_MODEL"]
    assert meta["allowedDomains"] == ["a.com", "b.c"]
    assert meta["jsonSchema"] == plane.task["json_schema"]
    assert meta["permissionMode"] == "plan"
    assert isinstance(meta["systemPrompt"]["append"], str)
    assert "claudeCode" not in meta


def test_session_new_leaves_out_what_was_not_given(house):
    server = house.start()
    server.wait_ready()
    params = server.agent.received("session/new")[0]["params"]
    assert params["mcpServers"] == []
    meta = params["_meta"]
    assert "model" not in meta
    assert "allowedDomains" not in meta
    assert meta["jsonSchema"] is None
    assert meta["permissionMode"] == "bypassPermissions"


def test_plugins_travel_to_the_agent(house):
    config = {"systemPrompt": "You are a test.", "plugins": [
        {"type": "local", "path": "/opt/plugin"}], "unknown": 1}
    server = house.start(env=PINNED, args={
        "--claudeCodeConfig": json.dumps(config)})
    server.wait_ready()
    meta = server.agent.received("session/new")[0]["params"]["_meta"]
    assert meta["claudeCode"]["options"]["plugins"] == config["plugins"]
    assert isinstance(meta["systemPrompt"], str)
    assert meta["systemPrompt"].startswith("You are a test.\n\n")


def test_initialize_is_asked_as_the_contract_says(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    request = server.agent.received("initialize")[0]
    assert request["params"] == {"protocolVersion": 1,
                                 "clientCapabilities": {}}


def test_requests_carry_the_key_and_name_the_client(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    server.plane.wait_for_kind("PATCH run")
    for request in server.plane.requests:
        headers = {k.lower(): v for k, v in request.headers.items()}
        assert headers["authorization"] == f"Bearer {API_KEY}"
        assert headers["content-type"] == "application/json"
        assert "user-agent" in headers


def test_a_slash_at_the_end_of_the_api_url_does_not_double(house):
    plane = house.plane()
    server = house.start(plane=plane, env={
        **PINNED, "POSTHOG_API_URL": plane.url + "/"})
    server.wait_ready()
    assert plane.unexpected() == []


def test_a_proxy_is_honoured(house):
    plane = house.plane()
    server = house.start(plane=plane, env={
        **PINNED, "POSTHOG_API_URL": "http://api.example.invalid",
        "http_proxy": plane.url, "no_proxy": "127.0.0.1"})
    server.wait_ready()
    assert plane.of("GET run")[0].path.startswith(
        "http://api.example.invalid/api/projects/")


def test_resuming_is_refused_in_the_log(house):
    server = house.start(env={**PINNED, "POSTHOG_RESUME_RUN_ID": "earlier"})
    server.wait_ready()
    server.wait_log("earlier")
