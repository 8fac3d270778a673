"""The engine's refusal of a command, in words that whoever asked can place."""

from exitd.core.inputs import Arm, Command
from exitd.core.state import Refused
from exitd.core.wording import condition_word
from exitd.runtime.problems import ControlError, from_refusal
from exitd.runtime.telling import MADE_UP


def refusal_of(command: Command, refused: Refused) -> ControlError:
    """Give the refusal its place in the tree of errors.

    What was not armed keeps none of the ids that were made up for it, so nobody ever
    sees them: a trigger alone is named by its kind, one of several by where it stands.
    """
    if not isinstance(command, Arm):
        return from_refusal(refused)
    sentence, place = refused.sentence, ""
    many = len(command.definitions) > 1
    for index, asked in enumerate(command.definitions):
        if many and asked.id == refused.trigger_id:
            place = f"triggers.{index}"
        if asked.id.startswith(MADE_UP):
            word = f"triggers.{index}" if many else condition_word(asked.condition)
            sentence = sentence.replace(asked.id, word)
    if place:
        sentence = sentence.removeprefix(f"{place}: ")
    error = from_refusal(Refused(refused.code, sentence, refused.trigger_id))
    return error.within(place) if place else error
