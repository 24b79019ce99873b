# The two commands of every day: `make run` and `make test`. docs/operate.md and docs/contribute.md say more.

# The newest Python of 3.11 or later that this machine has.
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PREPARE := $(PYTHON) crm_site/launch/prepare.py
VENV_PYTHON := .venv/bin/python
UV := $(VENV_PYTHON) -m uv

# Tools that read the settings need some; no server is contacted.
LINT_ENVIRONMENT := DATABASE_URL=postgres://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 DEBUG=true \
	SECRET_KEY=for-checking-the-code-only-and-never-for-a-server
# As in production, for `check --deploy`.
DEPLOY_ENVIRONMENT := DATABASE_URL=postgres://crm_web@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 DEBUG=false \
	SECRET_KEY=for-checking-the-code-only-and-never-for-a-server-0123456789 ALLOWED_HOSTS=crm.example.com \
	FIELD_KEYS=Zm9yLWNoZWNraW5nLXRoZS1jb2RlLW9ubHktMDEyMzQ=

# A process for each core, with servers of its own; whole files go to one process. PROCESSES=0: everything in one.
PROCESSES ?= auto
PYTEST_ARGS ?=

.PHONY: run test lint format bench lock python setup

run: python ## Bring everything up: PORT=8000
	@exec $(PREPARE) crm_site.launch

setup: python ## Install what the product needs, start nothing
	@exec $(PREPARE)

test: python ## Lint, then every test, in a real browser too
	@$(PREPARE)
	@$(MAKE) --no-print-directory lint
	@exec $(PREPARE) --browser pytest -n $(PROCESSES) --dist loadfile $(PYTEST_ARGS)

lint: python ## Style, types, layers, templates, migrations, deployment checks
	@$(PREPARE)
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(LINT_ENVIRONMENT) $(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(VENV_PYTHON) -m djlint --lint --quiet templates
	$(VENV_PYTHON) -m bandit --quiet --recursive --configfile pyproject.toml .
	$(VENV_PYTHON) manage.py makemigrations --check --dry-run
	$(DEPLOY_ENVIRONMENT) $(VENV_PYTHON) manage.py check --deploy --fail-level WARNING

format: python ## Put the code into the common form
	@$(PREPARE)
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

bench: python ## Print the figures: ONLY=name,name SIZE=full
	@exec $(PREPARE) bench

lock: python ## Compile the requirements to locks, without any index address
	@$(PREPARE)
	@for name in requirements requirements-dev requirements-node; do \
		$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
			--custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; done
	@npm install --package-lock-only --ignore-scripts

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none was found."; exit 1; }
