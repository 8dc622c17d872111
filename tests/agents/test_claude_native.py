"""The native Claude driver with real CLIs: sessions and turns, as the event
stream tells them and as the model's gateway sees them."""
import json
import time

import processes
from claude_session import Session, make_repository
from messages_gateway import Reply, text, thinking
from servers import API_KEY


def test_a_session_opens_without_a_model_call(house, claude):
    session = Session(house, claude)
    time.sleep(0.5)
    assert session.gateway.count("POST messages") == 0
    assert session.gateway.count("POST count_tokens") == 0
    if session.is_newest:
        assert {r.kind for r in session.gateway.requests} == {"GET models"}


def test_the_session_and_the_clis_own_have_one_id(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    started = session.plane.wait_for(
        lambda p: p.entries_of("_posthog/run_started"))[0]["params"]
    user = json.loads(session.gateway.calls[0]["metadata"]["user_id"])
    assert user["session_id"] == started["sessionId"]


def test_the_gateway_gets_the_key_and_the_products_path(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    call = session.gateway.calls[0]
    headers = {k.lower(): v for k, v in call.headers.items()}
    assert headers["x-api-key"] == API_KEY
    assert headers["authorization"] == f"Bearer {API_KEY}"
    assert call.path.startswith("/some_product/v1/messages")
    assert call.model == "claude-sonnet-4-6"


def test_a_prompt_makes_one_model_call(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    session.prompt("And again.")
    assert session.gateway.count("POST messages") == 2
    if session.is_newest:
        assert {r.kind for r in session.gateway.requests} == \
            {"GET models", "POST messages"}


def test_text_and_thought_are_streamed(house, claude):
    session = Session(house, claude, [
        thinking("Let me see now."), text("Two and two make four.")])
    result = session.prompt("What is two and two?")
    assert result == {"stopReason": "end_turn",
                      "assistant_message": "Two and two make four."}
    assert session.text("agent_thought_chunk") == "Let me see now."
    assert session.text() == "Two and two make four."
    assert len(session.stream.updates("agent_message_chunk")) > 1
    assert session.text("user_message_chunk") == "What is two and two?"


def test_a_chunk_comes_while_the_model_still_speaks(house, claude):
    session = Session(house, claude, [text("word " * 40, pause=0.05)])
    turn = session.begin("Speak.")
    session.stream.wait_for(lambda s: s.updates("agent_message_chunk"), 30)
    assert turn.answer is None
    turn.end()


def test_a_turn_ends_with_the_raw_response_and_turn_complete(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    session.stream.wait_for_method("_posthog/turn_complete")
    prompt = [n for n in session.stream.notifications
              if n.get("method") == "session/prompt"]
    responses = [n for n in session.stream.notifications
                 if "stopReason" in n.get("result", {})]
    assert [n["id"] for n in responses] == [n["id"] for n in prompt]
    assert responses[0]["result"]["stopReason"] == "end_turn"
    assert responses[0]["result"]["usage"]["outputTokens"] == 20


def test_usage_is_told_with_the_catalogues_window(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    usage = session.stream.updates("usage_update")[-1]
    assert usage["used"] == 1000 + 200 + 30 + 20
    assert usage["size"] == 1_000_000
    assert usage["cost"]["currency"] == "USD"
    assert usage["cost"]["amount"] > 0


def test_the_commands_of_the_cli_are_told(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    told = session.plane.wait_for(lambda p: [
        n for n in p.entries_of("session/update")
        if n["params"]["update"]["sessionUpdate"]
        == "available_commands_update"])[-1]
    commands = told["params"]["update"]["availableCommands"]
    names = {each["name"] for each in commands}
    assert "compact" in names
    assert not names & {"context", "cost", "login", "logout", "todos"}


def test_the_first_prompt_is_the_tasks_description(house, claude):
    session = Session(house, claude, [text("Hello.")],
                      first_prompt="Say hello to everyone.")
    session.plane.wait_for(
        lambda p: p.entries_of("_posthog/turn_complete"), 60)
    assert session.gateway.calls[0].says("Say hello to everyone.", "user")


def test_the_system_prompt_names_the_task_and_the_trailers(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    system = session.gateway.calls[0].system
    assert "Generated-By: PostHog Code" in system
    assert f"Task-Id: {session.plane.task_id}" in system
    assert "Claude Code" in system


def test_a_callers_system_prompt_replaces_the_clis(house, claude):
    usual = Session(house, claude,
                    repository=make_repository(house.tmp_path / "other"))
    usual.prompt("Say hello.")
    session = Session(house, claude, args={"--claudeCodeConfig": json.dumps(
        {"systemPrompt": "You only speak of otters."})})
    session.prompt("Say hello.")
    system = session.gateway.calls[0].system
    assert "You only speak of otters." in system
    assert "Generated-By: PostHog Code" in system
    assert len(system) < len(usual.gateway.calls[0].system) / 2


def test_the_repositorys_own_instructions_reach_the_model(house, claude):
    repository = make_repository(house.tmp_path / "repository")
    (repository / "CLAUDE.md").write_text("Always be kind to otters.\n")
    session = Session(house, claude, repository=repository)
    session.prompt("Say hello.")
    assert session.gateway.calls[0].says("kind to otters")


def test_the_cli_waits_for_the_repository_that_is_to_come(house, claude):
    ready_file = house.tmp_path / "ready"
    repository = house.tmp_path / "repository"
    session = Session(house, claude, repository=repository, wait=False,
                      args={"--repoReadyFile": str(ready_file)})
    session.server.wait_listening()
    time.sleep(1)
    make_repository(repository)
    (repository / "CLAUDE.md").write_text("Always be kind to otters.\n")
    ready_file.touch()
    session.wait_ready()
    session.prompt("Say hello.")
    assert session.gateway.calls[0].says("kind to otters")


def test_an_image_reaches_the_model(house, claude):
    pixel = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
             "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
    session = Session(house, claude)
    session.prompt([{"type": "text", "text": "What is it?"},
                    {"type": "image", "mimeType": "image/png",
                     "data": pixel}])
    images = [b for b in session.gateway.calls[0].blocks("user")
              if b["type"] == "image"]
    assert images and images[0]["source"]["type"] == "base64"


def test_a_compaction_is_told(house, claude):
    session = Session(house, claude, [text("Hello.")],
                      [text("<summary>They said hello.</summary>")])
    session.prompt("Say hello.")
    session.prompt("/compact")
    boundary = session.stream.wait_for_method("_posthog/compact_boundary")
    assert boundary["params"]["trigger"] == "manual"
    assert session.stream.updates("usage_update")[-1]["used"] == 0


def test_a_reply_cut_by_its_length_says_so(house, claude):
    session = Session(house, claude, env={
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "2000"})
    session.gateway.when(lambda r: True, Reply([text("Too much")],
                                               stop_reason="max_tokens"))
    answer = session.begin("Go on.").end()
    # The newest counts it as a failure of the model.
    if "result" in answer:
        assert answer["result"]["stopReason"] == "max_tokens"
    else:
        assert "output token maximum" in answer["error"]["message"]


def test_two_prompts_at_once_are_both_answered(house, claude):
    session = Session(house, claude)
    session.gateway.when(
        lambda r: r.says("First question.", "user")
        and not r.says("Second question.", "user"),
        [text("The first answer is long.", pause=0.1)])
    session.gateway.when(lambda r: r.says("Second question.", "user"),
                         [text("The second.")])
    first = session.begin("First question.")
    session.stream.wait_for(lambda s: s.updates("agent_message_chunk"), 30)
    second = session.begin("Second question.")
    assert first.end()["result"]["stopReason"] == "end_turn"
    assert second.end()["result"]["stopReason"] == "end_turn"
    assert "The second." in session.text()


def test_the_end_of_the_server_is_the_end_of_the_cli(house, claude):
    session = Session(house, claude)
    pid = session.cli_pid()
    assert session.server.terminate(5) == 0
    assert not processes.is_alive(pid)
    house.assert_no_orphans()
