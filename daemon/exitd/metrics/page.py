"""docs/metrics.md, made from the catalogue and the rules."""

from exitd.metrics.catalogue import catalogue
from exitd.metrics.rules import rules_markdown

PATH = "docs/metrics.md"
_HEAD = """\
# Metrics

`/metrics`, on the port and on the socket, is what Prometheus scrapes; OpenMetrics, for
a reader that asks for it. To read it is as free as every other read: on this machine
nobody needs a token, elsewhere one with the scope `read`.

```yaml
scrape_configs:
  - job_name: exitd
    static_configs:
      - targets: ["127.0.0.1:8787"]
rule_files:
  - /etc/exitd/prometheus/exitd.rules.yml
```

From another machine, with the token of `exitd token new prometheus --scope read` in a
file, and the name in `http.allowed_hosts`:

```yaml
scrape_configs:
  - job_name: exitd
    authorization: {credentials_file: /etc/prometheus/exitd.token}
    static_configs:
      - targets: ["exitd.example.net:8787"]
```

The job must be called `exitd`: the rule that tells of a dead daemon goes by that name.
The dashboard for Grafana is `config/grafana/exitd.json` (Dashboards, New, Import). The
package for Debian has both files in `/usr/share/doc/exitd/examples`.

A scrape looks at each trigger once, in slices between which prices are evaluated, and
one scrape waits for the other. Where that takes longer than 20 ms (some 4,000 triggers)
`exitd_triggers` may be as old as twenty times what it took. A price writes nothing
but one number; how long it took is measured on two of them a second. What is
counted begins at zero with each start of the daemon, as Prometheus expects, and is told
as zero before it happens first: Prometheus sees no increase in what is new to it.

`venue` is a name under `venues:`, `symbol` a market in the venue's own words, `kind`
the key of an exit in the files (`stop_loss`, `take_profit`, `trailing`, ...), `state`
what `exitd ls` shows, `route` the pattern of a path. No label names a trigger, an
order, a route of the webhook or a sender, so that their number stays small.

`exitd_triggers` counts what is in memory; a trigger that has long been done is not
(`policies.done_kept`). `reason` of a lost connection is `not_opened`, `closed`,
`silent`, `ended` or `failed`, of a close sent again the kind of the refusal, `lost`,
`cancelled`, or `remainder` where a part was left. The table, the rules and the
dashboard are made from the source by `make metrics`.

"""


def page_markdown() -> str:
    """Give the page docs/metrics.md."""
    lines = ["## What is told", "", "| metric | type | labels | meaning |"]
    lines.append("|---|---|---|---|")
    for metric in catalogue():
        labels = " ".join(f"`{label}`" for label in metric.labels)
        lines.append(
            f"| `{metric.name}` | {metric.shape} | {labels} | {metric.meaning} |"
        )
    lines += [
        "",
        "Beside these there are the usual ones of the process:",
        "`process_cpu_seconds_total`, `process_resident_memory_bytes`,",
        "`process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds` and",
        "`process_start_time_seconds`.",
        "",
        "## Alert rules",
        "",
        "They are in `config/prometheus/exitd.rules.yml`. exitd tells people of most",
        "of these itself; the rules are for who has an Alertmanager, and for what a",
        "dead daemon cannot tell.",
        "",
        *rules_markdown(),
    ]
    return _HEAD + "\n".join(lines) + "\n"
