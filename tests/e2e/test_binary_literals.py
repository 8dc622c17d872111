"""Callers grep the executable to learn what it can do: a literal is there if
and only if its feature is."""
import pytest
from servers import BINARY

BUILT = ["repoReadyFile", "POSTHOG_AGENT_STATE_DIR",
         "POSTHOG_AGENT_LAUNCH_STARTED_AT_MS", "POSTHOG_CODE_MODEL",
         "POSTHOG_CODE_RUNTIME_ADAPTER", "POSTHOG_CODE_REASONING_EFFORT",
         "POSTHOG_CODE_INTERACTION_ORIGIN"]
NOT_BUILT = ["autoPublish", "prDraft", "prLabels",
             "posthogExecPermissionRegex", "relayMcpServers",
             "claudeSubscription", "POSTHOG_AGENT_RUNTIME",
             "POSTHOG_AGENT_PROTOCOL", "POSTHOG_SANDBOX_ID",
             "POSTHOG_CODE_CONTEXT_WINDOW", "POSTHOG_CODE_FAST_MODE",
             "POSTHOG_CODE_INITIAL_PERMISSION_MODE", "POSTHOG_TASK_RUN_",
             "POSTHOG_RTK"]


@pytest.fixture(scope="module")
def binary():
    return BINARY.read_bytes()


@pytest.mark.parametrize("literal", BUILT)
def test_what_is_built_is_claimed(binary, literal):
    assert literal.encode() in binary


@pytest.mark.parametrize("literal", NOT_BUILT)
def test_what_is_not_built_is_not_claimed(binary, literal):
    assert literal.encode() not in binary


def test_the_executable_is_a_real_file_with_its_symbols(binary):
    assert binary.startswith(b"\x7fELF")
    assert b".symtab" in binary
