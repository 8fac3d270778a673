"""What stands behind the `?` of a path: a word that nobody reads is refused."""

from fastapi import Request
from fastapi.routing import APIRoute

from exitd.configuration.findings import did_you_mean
from exitd.runtime.problems import Unusable

_PREFIX = "/v1/"
_SHOWN_MAX = 80


async def refuse_unknown_words(request: Request) -> None:
    """Let no filter be left out of account because it is misspelt.

    Raises:
        Unusable: A word of the query is none that the route reads.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    if not route.path.startswith(_PREFIX):
        return
    known = [word.alias for word in route.dependant.query_params]
    for written in request.query_params:
        if written not in known:
            word = written.encode("ascii", "replace").decode()[:_SHOWN_MAX]
            raise Unusable(
                "invalid",
                f"is not read by {route.path}{did_you_mean(word, known)}",
                "leave it out; /docs lists the words there are",
                field=word,
            )
