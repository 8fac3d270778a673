"""An HTTP transport that answers from a table, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]


class Answers(httpx.AsyncBaseTransport):
    """Answers by path; a list gives one answer after the other, the last for ever."""

    def __init__(self, by_path: Mapping[str, Answer | list[Answer]]) -> None:
        self.by_path = {
            path: answers if isinstance(answers, list) else [answers]
            for path, answers in by_path.items()
        }
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answers = self.by_path[request.url.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def queries(self, path: str) -> list[dict[str, str]]:
        return [dict(r.url.params) for r in self.asked if r.url.path == path]


def json(document: object, status: int = 200, **headers: str) -> Answer:
    """A fresh JSON response each time."""
    return lambda request: httpx.Response(status, json=document, headers=headers)


def plain(text: str, status: int = 200, **headers: str) -> Answer:
    return lambda request: httpx.Response(status, text=text, headers=headers)
