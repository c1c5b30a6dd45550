# Every target works on a fresh clone; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SIGNED := $(VENV)/.signers
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help venv signers demo test slow cover check format bench soak snap-update words pictures keys lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

venv: $(STAMP) ## set up .venv from the hashed lock

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "cockpit needs Python 3.11 or newer; this is %s" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

signers: $(SIGNED) ## install the native signers of Lighter and ApeX, for their libraries alone

$(SIGNED): signers.lock $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --no-deps --require-hashes -r signers.lock
	@touch $(SIGNED)

demo: venv ## open the cockpit on the embedded paper venues
	@$(BIN)/cockpit --paper

test: venv signers ## run the tests
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

slow: venv signers ## run the other tests: most screens, walks of minutes through real processes, benches at full rate
	$(BIN)/python -m pytest -n $(WORKERS) -m slow $(ARGS)

cover: venv signers ## run the tests and show branch coverage of the core
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report= $(ARGS)
	$(BIN)/python -m coverage report

check: venv ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: venv ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: venv ## measure the hot path, the desk and the terminal
	$(BIN)/cockpit bench all

ifndef SOAK_FROM
SOAK_FROM := $(shell date +%s)00000
endif
SOAK_HOURS ?= 2000

soak: venv ## hours of chaos, a hundred kills, eight hours of memory, property tests at length
	$(BIN)/cockpit chaos --seeds $(SOAK_FROM):$$(($(SOAK_FROM) + 90000)) --hours $(SOAK_HOURS)
	$(BIN)/cockpit chaos --scenario all
	$(BIN)/cockpit chaos --adapter --seeds $(SOAK_FROM):$$(($(SOAK_FROM) + 500))
	$(BIN)/cockpit bench kills --kills 100
	$(BIN)/cockpit bench memory --hours 8
	$(BIN)/python -m pytest -n $(WORKERS) -q -m slow
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n $(WORKERS) -q -k "machine or fuzz"

snap-update: venv ## accept the screens as they look now
	$(BIN)/python -m pytest -n $(WORKERS) -m "" tests/ui --snapshot-update

WORDS := widgets/locale
KEYWORDS := -k N_ -k plural:1,2 -k within:1c,2 -k NP_:1c,2
# Without fuzzy guesses: a text that changed is untranslated until somebody has read it.
MERGE := --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

words: venv ## bring the catalogues of the languages up to date with the code, and compile them
	PYTHONPATH=. $(BIN)/pybabel -q extract -F babel.cfg $(KEYWORDS) --no-location --sort-output -w 120 -o $(WORDS)/cockpit.pot .
	$(BIN)/pybabel -q update $(MERGE) -w 120 -D cockpit -i $(WORDS)/cockpit.pot -d $(WORDS)
	$(BIN)/pybabel -q compile --statistics -D cockpit -d $(WORDS)
	@rm $(WORDS)/cockpit.pot

pictures: venv ## draw the pictures in docs/pictures anew
	COCKPIT_PICTURE=1 $(BIN)/python -m pytest -q -m "" -n $(WORKERS) tests/ui/test_docs_pictures.py tests/ui/test_chinese_docs.py tests/cockpit/replay/test_replay_pictures.py

keys: venv ## write the table of keys (docs/screen-keys.md) anew
	$(BIN)/python -m cockpit.actions.key_table > docs/screen-keys.md

lock: ## make requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock

clean: ## remove what the targets made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage*
