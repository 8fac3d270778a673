# The commands themselves are ./exitd and .ci/run; this is for the habit.
.PHONY: demo test ci format constraints log-events metrics api docs

demo:
	./exitd demo

test:
	./exitd test

ci:
	.ci/run

format:
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Needs uv. Keeps the comment at the top of the file.
constraints:
	{ sed -n '/^#/p' constraints.txt; \
	  printf 'hatchling\neditables\n' | uv pip compile --quiet --universal \
	    --python-version 3.11 --all-extras --upgrade --no-annotate --no-header \
	    pyproject.toml -; } >constraints.new
	mv constraints.new constraints.txt

log-events:
	.venv/bin/python -m exitd.logs >docs/log-events.md

# The page, the alert rules and the dashboard.
metrics:
	.venv/bin/python -m exitd.metrics.publish

api:
	.venv/bin/python tests/api_page.py

# Into .ci/kept/site.
docs:
	./exitd test --version
	.ci/run docs
