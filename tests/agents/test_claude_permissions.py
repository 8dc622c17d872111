"""What the native Claude driver's tools ask leave for, by mode."""
import json

import processes
from claude_session import Session, option_ids
from messages_gateway import text, tool

PLAN = """# Rename the greeting

1. Change the constant in greeting.txt.
2. Look for other places that hold the old words.
"""
QUESTIONS = [{"question": "Which colour?", "header": "Colour",
              "multiSelect": False, "options": [
                  {"label": "Red", "description": "Warm"},
                  {"label": "Blue", "description": "Cold"}]}]


def touching(house, claude, *more, mode="default", **start):
    """A session whose model wants to create a file."""
    return Session(house, claude,
                   [tool("Bash", command="touch made",
                         description="Create a file")], *more,
                   mode=mode, **start)


def test_a_tool_is_asked_for_and_granted(house, claude):
    session = touching(house, claude, [text("Done.")])
    turn = session.begin("Create a file.")
    question = session.asked()
    assert not (session.repository / "made").exists()
    assert option_ids(question) == ["allow", "allow_always", "reject"]
    assert [o["kind"] for o in question["options"]] == \
        ["allow_once", "allow_always", "reject_once"]
    assert question["options"][2]["_meta"] == {"customInput": True}
    call = question["toolCall"]
    assert call["toolCallId"] == \
        session.tool_calls("Bash")[0]["toolCallId"]
    assert (call["title"], call["kind"]) == ("Create a file", "execute")
    assert call["rawInput"]["command"] == "touch made"
    assert call["rawInput"]["toolName"] == "Bash"
    assert session.respond(question, "allow") == {"resolved": True}
    assert turn.end()["result"]["stopReason"] == "end_turn"
    assert (session.repository / "made").exists()
    assert session.outcome("Bash")["status"] == "completed"
    assert len(session.questions()) == 1


def test_a_refusal_without_a_word_ends_the_turn(house, claude):
    session = touching(house, claude, [text("Then not.")])
    turn = session.begin("Create a file.")
    session.respond(session.asked(), "reject")
    answer = turn.end()
    assert answer["result"]["stopReason"] in ("cancelled", "end_turn")
    assert not (session.repository / "made").exists()
    assert session.outcome("Bash")["status"] == "failed"
    assert session.gateway.count("POST messages") == 1
    # It is over for that turn alone.
    assert session.prompt("Go on.")["assistant_message"] == "Then not."


def test_a_refusal_with_feedback_goes_on_with_it(house, claude):
    session = touching(house, claude, [text("I shall write instead.")])
    turn = session.begin("Create a file.")
    session.respond(session.asked(), "reject",
                    customInput="Write it with the Write tool.")
    assert turn.end()["result"]["stopReason"] == "end_turn"
    assert not (session.repository / "made").exists()
    assert session.outcome("Bash")["status"] == "failed"
    assert "Write it with the Write tool." in \
        session.gateway.calls[1].last_result


def test_always_is_not_asked_again_and_is_kept(house, claude):
    command = """python3 -c "open('made', 'w')\""""
    session = Session(house, claude, [tool("Bash", command=command)],
                      [tool("Bash", command=command)], [text("Done.")],
                      mode="default")
    turn = session.begin("Create a file.")
    session.respond(session.asked(), "allow_always")
    turn.end()
    assert len(session.questions()) == 1
    assert session.outcome("Bash", 2)["status"] == "completed"
    stored = json.loads(
        (session.repository / ".claude/settings.local.json").read_text())
    assert any(rule.startswith("Bash(python3")
               for rule in stored["permissions"]["allow"])


def test_reading_is_not_asked_for(house, claude):
    session = Session(house, claude, mode="default")
    session.gateway.script(
        [tool("Read", file_path=str(session.repository / "greeting.txt"))],
        [text("Read.")])
    session.prompt("Read it.")
    assert not session.questions()
    assert session.outcome("Read")["status"] == "completed"


def test_accept_edits_asks_for_commands_alone(house, claude):
    session = Session(house, claude, mode="acceptEdits")
    session.gateway.script(
        [tool("Write", file_path=str(session.repository / "new.txt"),
              content="one\n")], [text("Written.")])
    session.prompt("Write it.")
    assert not session.questions()
    assert (session.repository / "new.txt").read_text() == "one\n"


def test_bypassing_asks_for_nothing(house, claude):
    session = touching(house, claude, [text("Done.")],
                       mode="bypassPermissions")
    session.prompt("Create a file.")
    assert not session.questions()
    assert (session.repository / "made").exists()


def test_with_nobody_there_a_tool_is_granted(house, claude):
    session = touching(house, claude, [text("Done.")], wait=False,
                       first_prompt="Create a file.",
                       args={"--mode": "background"})
    session.plane.wait_for(
        lambda p: p.entries_of("_posthog/turn_complete"), 60)
    assert (session.repository / "made").exists()


def plan_session(house, claude, *more):
    return Session(house, claude,
                   [text(PLAN), tool("ExitPlanMode", plan=PLAN)], *more,
                   mode="plan")


def test_a_plan_is_approved_and_carried_out(house, claude):
    session = plan_session(house, claude)
    made = session.repository / "made.txt"
    session.gateway.script(
        [tool("Write", file_path=str(made), content="one\n")],
        [text("Carried out.")])
    turn = session.begin("Plan it.")
    question = session.asked()
    assert question["toolCall"]["kind"] == "switch_mode"
    assert question["toolCall"]["title"] == "Ready to code?"
    assert "Rename the greeting" in json.dumps(question["toolCall"])
    assert sorted(option_ids(question)) == sorted([
        "bypassPermissions", "auto", "acceptEdits", "default",
        "reject_with_feedback"])
    assert {o["optionId"]: o["kind"] for o in question["options"]}[
        "default"] == "allow_once"
    session.respond(question, "acceptEdits")
    assert turn.end()["result"]["stopReason"] == "end_turn"
    session.stream.wait_for(
        lambda s: [u for u in s.updates("current_mode_update")
                   if u["currentModeId"] == "acceptEdits"], 5)
    assert session.config_updates()[-1]["mode"]["currentValue"] == \
        "acceptEdits"
    assert session.outcome("ExitPlanMode")["status"] == "completed"
    assert made.read_text() == "one\n"  # and nobody was asked
    assert len(session.questions()) == 1


def test_a_plan_is_sent_back_with_feedback(house, claude):
    session = plan_session(house, claude, [text("I plan anew.")])
    turn = session.begin("Plan it.")
    session.respond(session.asked(), "reject_with_feedback",
                    customInput="Think of the tests too.")
    assert turn.end()["result"]["stopReason"] == "end_turn"
    assert "Think of the tests too." in session.gateway.calls[1].last_result
    assert session.outcome("ExitPlanMode")["status"] == "failed"
    assert not session.stream.updates("current_mode_update")


def test_plan_mode_changes_nothing(house, claude):
    session = touching(house, claude, [text("I may not.")], mode="plan")
    session.prompt("Create a file.")
    assert not session.questions()
    assert not (session.repository / "made").exists()
    assert session.outcome("Bash")["status"] == "failed"


def test_a_plan_that_says_nothing_is_not_shown(house, claude):
    session = Session(house, claude, [tool("ExitPlanMode", plan="Do it.")],
                      [text("I plan more.")], mode="plan")
    session.prompt("Plan it.")
    assert not session.questions()
    assert session.outcome("ExitPlanMode")["status"] == "failed"


def test_a_question_is_answered(house, claude):
    session = Session(house, claude,
                      [tool("AskUserQuestion", questions=QUESTIONS)],
                      [text("Blue it is.")], mode="default")
    turn = session.begin("Ask me.")
    question = session.asked()
    call = question["toolCall"]
    assert call["_meta"]["codeToolKind"] == "question"
    assert call["_meta"]["questions"][0]["question"] == "Which colour?"
    assert call["title"] == "Which colour?"
    assert [(o["optionId"], o["name"]) for o in question["options"]] == \
        [("option_0", "Red"), ("option_1", "Blue")]
    session.respond(question, "option_1",
                    answers={"Which colour?": "Blue"})
    assert turn.end()["result"]["stopReason"] == "end_turn"
    assert "Blue" in session.gateway.calls[1].last_result
    assert session.outcome("AskUserQuestion")["status"] == "completed"


def test_a_question_is_answered_by_its_option_alone(house, claude):
    # Mends a client that sends an option but no answers: upstream refuses.
    session = Session(house, claude,
                      [tool("AskUserQuestion", questions=QUESTIONS)],
                      [text("Blue it is.")], mode="default")
    turn = session.begin("Ask me.")
    session.respond(session.asked(), "option_1")
    turn.end()
    assert "Blue" in session.gateway.calls[1].last_result


def test_a_domain_that_is_not_allowed_is_refused(house, claude):
    session = Session(house, claude,
                      [tool("WebFetch", url="https://other.test/page",
                            prompt="What is it?")], [text("I may not.")],
                      mode="default",
                      args={"--allowedDomains": "example.test,*.docs.test"})
    session.prompt("Fetch it.")
    assert not session.questions()
    assert session.outcome("WebFetch")["status"] == "failed"
    assert "other.test" in session.gateway.calls[-1].last_result


def test_a_domain_is_refused_in_the_mode_that_never_asks_too(house, claude):
    session = Session(house, claude,
                      [tool("WebFetch", url="https://other.test/page",
                            prompt="What is it?")], [text("I may not.")],
                      mode="bypassPermissions",
                      args={"--allowedDomains": "example.test"})
    session.prompt("Fetch it.")
    assert session.outcome("WebFetch")["status"] == "failed"
    assert "other.test" in session.gateway.calls[-1].last_result


def test_without_a_pull_request_nothing_is_published(house, claude):
    # Mends the guard that could not bite in bypassPermissions.
    session = Session(house, claude,
                      [tool("Bash", command="git push origin main",
                            description="Push")], [text("I may not.")],
                      mode="bypassPermissions", args={"--createPr": "false"})
    session.prompt("Push it.")
    assert session.outcome("Bash")["status"] == "failed"
    result = session.gateway.calls[-1].last_result
    assert "does not appear to be a git repository" not in result


def test_a_cancel_while_asked_ends_the_turn(house, claude):
    session = touching(house, claude, [text("Again.")])
    turn = session.begin("Create a file.")
    question = session.asked()
    assert session.command("cancel") == {"cancelled": True}
    assert turn.end(10)["result"]["stopReason"] == "cancelled"
    assert not (session.repository / "made").exists()
    late = session.server.command("permission_response", {
        "requestId": question["requestId"], "optionId": "allow"})
    assert "error" in late
    assert session.prompt("Go on.")["assistant_message"] == "Again."


def test_a_sub_agents_tool_is_asked_for(house, claude):
    session = Session(house, claude, mode="default")
    session.gateway.when(
        lambda r: r.says("Make the file.", "user")
        and not r.says("Use a helper", "user"),
        [tool("Bash", command="touch made", description="Create a file")],
        [text("Made.")])
    session.gateway.when(
        lambda r: True,
        [tool("Task", description="Make a file", prompt="Make the file.",
              subagent_type="general-purpose")], [text("Done.")])
    turn = session.begin("Use a helper.")
    question = session.asked()
    assert question["toolCall"]["rawInput"]["command"] == "touch made"
    session.respond(question, "allow")
    turn.end()
    processes.wait_until((session.repository / "made").exists, 10,
                         "the file")
