"""Mode, model and effort of the native Claude driver, as the gateway sees
them."""
import json

from claude_session import Session, make_repository, values
from messages_gateway import text, tool


def effort_of(call):
    return call.get("output_config", {}).get("effort")


def options_of(session):
    """The options of the session as it opened."""
    # `session/new` is answered before a caller can attach: it is in the log.
    new = session.plane.wait_for(lambda p: [
        e["notification"]["result"] for e in p.entries
        if "configOptions" in e["notification"].get("result", {})])[0]
    return {each["id"]: each for each in new["configOptions"]}


def test_a_session_tells_its_options(house, claude):
    session = Session(house, claude, mode="default")
    session.prompt("Say hello.")
    options = options_of(session)
    assert list(options) == ["mode", "model", "effort"]
    assert options["mode"]["currentValue"] == "default"
    assert values(options["mode"]) == [
        "default", "acceptEdits", "plan", "bypassPermissions", "auto"]
    assert options["model"]["currentValue"] == "claude-sonnet-4-6"
    assert options["effort"]["currentValue"] == "medium"
    assert values(options["effort"]) == ["low", "medium", "high"]


def test_the_mode_is_the_runs(house, claude):
    session = Session(house, claude, mode="acceptEdits")
    session.prompt("Say hello.")
    assert options_of(session)["mode"]["currentValue"] == "acceptEdits"


def test_another_model_answers_the_next_prompt(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    options = session.set_option("model", "claude-opus-4-7")
    assert options["model"]["currentValue"] == "claude-opus-4-7"
    assert values(options["effort"]) == [
        "low", "medium", "high", "xhigh", "max"]
    assert session.gateway.count("POST messages") == 1  # it is not probed
    session.prompt("And again.")
    assert session.gateway.calls[1].model == "claude-opus-4-7"
    assert session.gateway.calls[1].says("Say hello.", "user")


def test_a_model_is_set_before_the_first_prompt_without_a_call(house, claude):
    session = Session(house, claude)
    session.set_option("model", "claude-opus-4-7")
    assert session.gateway.count("POST messages") == 0
    session.prompt("Say hello.")
    assert [c.model for c in session.gateway.calls] == ["claude-opus-4-7"]


def test_an_alias_is_sent_as_the_full_id(house, claude):
    session = Session(house, claude)
    options = session.set_option("model", "haiku")
    assert options["model"]["currentValue"] == "claude-haiku-4-5"
    assert "effort" not in options
    session.prompt("Say hello.")
    assert session.gateway.calls[0].model == "claude-haiku-4-5"
    assert effort_of(session.gateway.calls[0]) is None


def test_effort_is_set(house, claude):
    session = Session(house, claude)
    options = session.set_option("effort", "low")
    assert options["effort"]["currentValue"] == "low"
    session.prompt("Say hello.")
    assert effort_of(session.gateway.calls[0]) == "low"
    session.set_option("effort", "high")
    session.prompt("And again.")
    assert effort_of(session.gateway.calls[1]) == "high"


def test_effort_outlives_a_change_of_model(house, claude):
    session = Session(house, claude)
    session.set_option("effort", "low")
    session.set_option("model", "claude-opus-4-7")
    session.prompt("Say hello.")
    assert effort_of(session.gateway.calls[0]) == "low"


def test_effort_of_the_environment_reaches_the_model(house, claude):
    # Upstream passes it on only when plugins are configured.
    session = Session(house, claude,
                      env={"POSTHOG_CODE_REASONING_EFFORT": "low"})
    session.prompt("Say hello.")
    assert effort_of(session.gateway.calls[0]) == "low"


def test_a_pinned_model_is_the_only_one_used(house, claude):
    session = Session(house, claude,
                      env={"POSTHOG_CODE_MODEL": "claude-opus-4-7"})
    session.prompt("Say hello.")
    assert {c.model for c in session.gateway.calls} == {"claude-opus-4-7"}


def test_a_mode_is_set_and_told(house, claude):
    session = Session(house, claude, mode="bypassPermissions")
    options = session.set_option("mode", "plan")
    assert options["mode"]["currentValue"] == "plan"
    session.stream.wait_for(lambda s: s.updates("current_mode_update"))
    assert session.stream.updates("current_mode_update")[0][
        "currentModeId"] == "plan"
    session.gateway.script([tool("Bash", command="touch made")],
                           [text("I may not.")])
    session.prompt("Create a file.")
    assert not (session.repository / "made").exists()


def test_a_mode_that_asks_is_entered(house, claude):
    session = Session(house, claude, mode="bypassPermissions")
    session.set_option("mode", "default")
    session.gateway.script([tool("Bash", command="touch made")],
                           [text("Done.")])
    turn = session.begin("Create a file.")
    session.respond(session.asked(), "allow")
    turn.end()
    assert (session.repository / "made").exists()


def test_a_value_that_is_not_offered_is_refused(house, claude):
    session = Session(house, claude)
    for option, value in (("mode", "nonsense"), ("model", "zebra"),
                          ("effort", "endless"), ("colour", "red")):
        answer = session.server.command("set_config_option", {
            "configId": option, "value": value})
        assert "error" in answer, (option, answer)
    session.prompt("Say hello.")
    assert session.gateway.calls[0].model == "claude-sonnet-4-6"


def test_the_long_context_is_asked_for_where_the_model_has_it(house, claude):
    session = Session(house, claude)
    session.prompt("Say hello.")
    headers = {k.lower(): v for k, v in session.gateway.calls[0]
               .headers.items()}
    assert "context-1m-2025-08-07" in headers["anthropic-beta"]


def test_a_settings_files_rules_hold(house, claude):
    repository = make_repository(house.tmp_path / "repository")
    (repository / ".claude").mkdir()
    (repository / ".claude/settings.json").write_text(json.dumps(
        {"permissions": {"allow": ["Bash(uname:*)"],
                         "deny": ["Bash(id)"]}}))
    session = Session(house, claude, mode="default", repository=repository)
    session.gateway.script([tool("Bash", command="uname -s")],
                           [tool("Bash", command="id")], [text("Done.")])
    session.prompt("Look around.")
    assert not session.questions()
    assert session.outcome("Bash", 1)["status"] == "completed"
    assert session.outcome("Bash", 2)["status"] == "failed"
