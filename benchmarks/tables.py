"""Tables of docs/performance.md, as Markdown."""

from rows import Result, Row


def table(rows: list[Row]) -> str:
    lines = [
        "| what | goal | measured | | floor | command |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.what} | {row.goal} | {row.found} | {row.verdict} | {row.floor} |"
            f" `{row.command}` |"
        )
    return "\n".join(lines)


def stages_table(result: Result) -> str:
    stages = result["stages_us"]
    heads = " | ".join(stages)
    marks = "|".join("---:" for _ in stages)
    cells = " | ".join(f"{took_us:,.0f}" for took_us in stages.values())
    return (
        "The stages of one close, each by itself, medians in µs, with the pause of the"
        f" latency run between two of them:\n\n| {heads} |\n|{marks}|\n| {cells} |"
    )


def contenders_table(result: Result) -> str:
    lines = ["| contender | median µs | p99 µs | ratio |", "|---|---:|---:|---:|"]
    for name, found in result["contenders"].items():
        lines.append(
            f"| {name} | {found['median_us']:,.0f} | {found['p99_us']:,.0f} |"
            f" {found['ratio']:.2f} |"
        )
    return "\n".join(lines)


def emulator_table(result: Result) -> str:
    versions = result["versions"]
    lines = [
        "Resting stops beside NautilusTrader's OrderEmulator, in µs (`python"
        " benchmarks/emulator.py --nautilus-python PATH`; "
        + "; ".join(f"{name} {said}" for name, said in versions.items())
        + "):",
        "",
        "| resting stops | work | exitd | NautilusTrader | ratio |",
        "|---|---|---:|---:|---:|",
    ]
    for row in result["rows"]:
        theirs, ratio = row["nautilus_us"], row["ratio"]
        highs = f", {row['highs_before']:,} highs before" if row["highs_before"] else ""
        lines.append(
            f"| {row['count']:,} {row['kind']}{highs} | {row['work']} |"
            f" {row['exitd_us']:,.2f} |"
            f" {'-' if theirs is None else f'{theirs:,.2f}'} |"
            f" {'-' if ratio is None else f'{ratio:,.1f} ×'} |"
        )
    return "\n".join(lines)
