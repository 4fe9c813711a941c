# The two commands of the README are `make run` and `make test`; both build .venv first.
PYTHON ?= python3
RESULTS ?=
# benchopt starts python and pytest by name.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run test tune bench picture lint clean

run: .venv/ready
	benchopt run . --config configs/quickstart.yml --no-display
	python scripts/summary.py

test: .venv/ready
	benchopt test . --skip-install
	python -m pytest tests

# The grid of CONFIG, and from its results the best parameters as a configuration.
CONFIG ?= configs/tune_ijcnn1.yml
tune: .venv/ready
	python scripts/tune.py $(CONFIG)

bench: .venv/ready
	python scripts/bench.py

# The picture of the README, from a run of configs/ijcnn1.yml.
picture: .venv/ready
	python scripts/picture.py $(RESULTS)

lint: .venv/ready
	ruff check .
	ruff format --check .

.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --upgrade pip
	.venv/bin/python -m pip install --quiet -r requirements.txt
	touch $@

clean:
	rm -rf .venv __cache__ outputs
