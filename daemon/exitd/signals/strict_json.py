"""Strict JSON: hooks of `json.loads` for what that module lets through by itself."""


def refuse_constant(name: str) -> object:
    """Refuse NaN and Infinity, as the hook `parse_constant`.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is not JSON")


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object with a key twice, as the hook `object_pairs_hook`.

    Raises:
        RepeatedKey: One stands twice.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RepeatedKey(key)
            seen.add(key)
    return found


class RepeatedKey(ValueError):
    """An object names a key twice; which of the two is meant, nobody knows."""

    def __init__(self, key: str) -> None:
        super().__init__("a key stands twice")
        self.key = key
