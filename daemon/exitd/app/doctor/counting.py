"""Numbers of things, as people write them."""


def counted(number: int, thing: str) -> str:
    """Write `1 exit`, `2 exits`, `1 address`, `2 addresses`."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing}{'es' if thing.endswith('s') else 's'}"
