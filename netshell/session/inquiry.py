"""A diagnosis that has to ask: name servers are asked on their own nodes, until nothing is left to be asked."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netshell.diagnosis import Finding, NameAnswer, NameQuestion
    from netshell.kernel import Kernel

_QUESTIONS_MOST = 8
_DNS = 53


async def inquire(
    judge: "Callable[[dict[NameQuestion, NameAnswer]], Finding]",
    ask: "Callable[[NameQuestion], Awaitable[NameAnswer]]",
) -> "Finding":
    """Judge, ask what is to be asked, and judge again with the answer."""
    answers: dict[NameQuestion, NameAnswer] = {}
    found = judge(answers)
    while found.question is not None and len(answers) < _QUESTIONS_MOST:
        answers[found.question] = await ask(found.question)
        found = judge(answers)
    return found


async def ask_server(kernel: "Kernel", question: "NameQuestion", port: int) -> "NameAnswer":
    """Put a question to a name server, on its own node, from a port there."""
    from netshell.diagnosis.asked import answer_from, question_bytes  # noqa: PLC0415 - only where a name is asked for

    data = question_bytes(question.name, port)
    return answer_from(await kernel.exchange(question.node, (question.server, _DNS), port, data))
