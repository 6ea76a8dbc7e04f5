"""Claims about what is said on one connection, which HTTP clients hide."""

import pytest

from contract_tests.conversations import Conversation, iter_conversations
from contract_tests.plugin import audit


@pytest.mark.parametrize("conversation", [*iter_conversations(audit().target)])
def test_messages_are_as_http_has_them(conversation: Conversation) -> None:
    """Requests and answers are framed as HTTP/1.1 says, and what comes on one connection is answered in order."""
    audit().check_conversation(conversation)
