# The two commands of the README are `make run` and `make test`; both build .venv first.
PYTHON ?= python3
# benchopt starts python and pytest by name.
# Make 3.81, which macOS has, finds commands in this PATH only if it starts another shell than sh.
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run safe-run page site test fuzz reproduce reproduce-update tune defaults optima archive leaderboard compare bench complexity scaling figures readme-figures paper-figure notebooks bibtex lint clean

# The configuration CONFIG, with the solver or file SOLVER besides those that it has.
CONFIG ?= configs/quickstart.yml
SOLVER ?=
run: .venv/ready
	python scripts/run_config.py $(CONFIG) $(if $(SOLVER),--add "$(SOLVER)")

# As benchopt run, with its OPTIONS, but each solver in a process of its own, with a deadline.
safe-run: .venv/ready
	python scripts/safe_run.py . $(OPTIONS)

# The page of RESULTS, or of the latest ones, which opens without a network.
page: .venv/ready
	python scripts/result_page.py $(RESULTS)

# A static site in site/: a page for each task of the archive, and an index.
site: .venv/ready
	python scripts/publish.py

# Each process uses one thread: several processes with all BLAS threads each would be slow.
# Most of the time goes into compiling, which NUMBA_OPT makes shorter.
# In the given order, files of few long tests are not left to the end, when one process works alone.
test: export OMP_NUM_THREADS = 1
test: export NUMBA_OPT = 1
test: .venv/ready
	benchopt test . --skip-install -n auto --maxprocesses 4
	python -m pytest tests -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Data, parameters and steps as nobody should give them, CASES of them, other ones each time.
CASES ?= 1000
fuzz: .venv/ready
	FUZZ_CASES=$(CASES) OMP_NUM_THREADS=1 python -m pytest tests/fuzz

# Run all solvers briefly, and compare every point of their curves with the stored reference.
reproduce: .venv/ready
	python scripts/reproduce.py

reproduce-update: .venv/ready
	python scripts/reproduce.py --update

# The lowest h of TASK, or of all tasks of configs/tasks.yml, into configs/optima.csv.
optima: .venv/ready
	python scripts/optima.py $(TASK)

# Tune SOLVER, or all solvers with a search space, on TASK of configs/tasks.yml, with JOBS processes.
JOBS ?= 1
tune: .venv/ready
	python scripts/tune.py $(TASK) $(SOLVER) -j $(JOBS)

# The parameters of solvers that do best over eight tasks: make defaults SOLVER=SOBA
defaults: .venv/ready
	python scripts/defaults.py $(SOLVER) -j $(JOBS)

# The final runs of TASK, or of all tasks; of SOLVER only, or of VARIANT (float32, 5_trials, other_machine).
TASK ?=
VARIANT ?=
archive: .venv/ready
	python scripts/archive.py $(TASK) $(if $(SOLVER),--solver $(SOLVER)) \
		$(if $(VARIANT),--variant $(VARIANT))

# The table and the figure of the README and docs/ranking.md, from the archive.
leaderboard: .venv/ready
	python scripts/ranking.py

# Compare the solver of a file SOLVER with those of the archive on TASK; OPTIONS as of the script.
OPTIONS ?=
compare: .venv/ready
	python scripts/compare.py $(SOLVER) $(TASK) $(OPTIONS)

bench: .venv/ready
	python scripts/bench.py
	python scripts/bench_scaling.py
	python scripts/bench_memory.py
	python scripts/bench_lasso.py

# Oracle calls against accuracy, as theorems of complexity say it: a figure and a table in docs.
complexity: .venv/ready
	python scripts/complexity.py

# Time and calls to an accuracy as samples grow to 5e6: a figure and a table in docs. It takes hours,
# can be stopped, and goes on. OPTIONS as of the script, such as OPTIONS="--sizes 5000,50000".
scaling: .venv/ready
	OMP_NUM_THREADS=1 python scripts/scaling.py $(OPTIONS)

# The figures on Jacobians and hypergradients, or those of NAMES: configs/figures, plots/, docs/figures.
NAMES ?=
figures: .venv/ready
	python scripts/figures.py $(NAMES)

# The figures of the README and docs/problem.md, from the archive only.
readme-figures: .venv/ready
	python scripts/readme_figures.py problem
	python scripts/readme_figures.py ijcnn1

# The tutorials as notebooks, run from top to bottom: outputs/notebooks.
notebooks: .venv/ready
	mkdir -p outputs/notebooks
	for page in docs/tutorial*.md; do \
		jupytext --to ipynb --set-kernel python3 --execute --run-path . --output outputs/notebooks/$$(basename $$page .md).ipynb \
			$$page || exit 1; \
	done

# A figure of SOLVERS on TASK of the archive, or of RESULTS, for a paper: a PDF of WIDTH inches.
SOLVERS ?=
RESULTS ?=
COST ?= time
WIDTH ?= 3.3
FONT_SIZE ?= 8
paper-figure: .venv/ready
	python scripts/paper_figure.py --cost $(COST) --width $(WIDTH) --font-size $(FONT_SIZE) \
		$(if $(RESULTS),--results $(RESULTS)) $(if $(TASK),--task $(TASK)) \
		$(if $(SOLVERS),--solvers $(SOLVERS)) $(OPTIONS)

# BibTeX of the papers of solvers: SOLVERS="SOBA SABA".
bibtex: .venv/ready
	@python scripts/bibtex.py $(SOLVERS)

lint: .venv/ready
	ruff check .
	ruff format --check .

.venv/ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --upgrade pip
	.venv/bin/python -m pip install --quiet -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv __cache__ outputs
