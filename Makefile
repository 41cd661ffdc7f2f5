# One virtual environment, .venv, filled as far as a target needs; nothing is installed outside this folder.
# Takes make (GNU, 3.81 or newer), a POSIX shell and Python 3.10 or newer with venv.

VENV := .venv
BIN := $(VENV)/bin
# Test files that run side by side, on two cores too: those that drive a terminal mostly wait. Each loads torch.
WORKERS := 3

define HELP
make run        install what is missing and open the tutor; ARGS="lesson learning_rate" passes arguments on
make test       every test; ARGS="-k lab" a part of them
make check      ruff, mypy --strict, the import rules, and the doors that text from outside goes through
make bench      the measurements; ARGS="--quick", ARGS="--only idle"
make pictures   the README's screenshots, taken anew
make clean      remove the environment and all that was built

Which torch (kept for the next time; `make clean` forgets it):
  TORCH_INDEX=https://download.pytorch.org/whl/cpu   PyTorch's own builds: cpu, cu126, ...
  TORCH=2.12.1                                       another version, or any requirement pip understands
  TORCH_PYTHON=/path/to/python                       install none, use the torch of that environment
  TORCH=none                                         install none
By default the version in constraints.txt comes from PyPI, which on Linux brings CUDA: 3 GB to fetch, 6 GB installed.
PYTHON=/path/to/python3 chooses the Python that .venv is made with.
endef

# What was chosen lasts: `make test` after `make run TORCH_INDEX=...` must not fetch another build.
-include $(VENV)/python.mk
CHOICE = TORCH := $(TORCH)|TORCH_INDEX := $(TORCH_INDEX)|TORCH_PYTHON := $(TORCH_PYTHON)
ifeq ($(TORCH)$(TORCH_INDEX)$(TORCH_PYTHON),)
-include $(VENV)/torch.mk
else ifneq ($(shell cat $(VENV)/torch.mk 2>/dev/null | tr '\n' '|'),$(CHOICE)|)
CHOSEN_ANEW := anew
endif

# An environment knows its own folder and its Python by their paths: when either moved, it is made anew.
ifneq ($(shell test -x $(BIN)/python && cat $(VENV)/made 2>/dev/null),$(CURDIR)|$(PYTHON))
MADE_ANEW := anew
endif

EXTRA := [torch]
ifneq ($(filter none,$(TORCH))$(TORCH_PYTHON),)
EXTRA :=
REQUIREMENT :=
MIB := 200
else
REQUIREMENT := $(if $(TORCH),"$(if $(filter 0% 1% 2% 3% 4% 5% 6% 7% 8% 9%,$(TORCH)),torch==)$(TORCH)",-c constraints.txt)
# Measured with torch 2.13; the downloads count, since pip keeps them until it is done.
MIB := $(if $(findstring cpu,$(TORCH)$(TORCH_INDEX))$(filter Darwin,$(shell uname)),1500,9000)
endif

PIP := $(BIN)/python -m pip install --disable-pip-version-check
# fail: ends a recipe with one sentence.
FAIL := fail() { printf 'tutor: %s\n' "$$*" >&2; exit 1; };

.PHONY: help run test check bench pictures clean anew
.NOTPARALLEL:
.SUFFIXES:

help:
	@: $(info $(HELP))

run: $(VENV)/run
	@exec $(BIN)/tutor $(if $(TORCH_PYTHON),--python "$(TORCH_PYTHON)") $(ARGS)

# The tests get a home of their own, and nothing of the terminal that they are started from.
test: $(VENV)/test
	@home=`mktemp -d` && trap 'rm -rf "$$home"' EXIT && trap 'exit 130' INT TERM HUP && \
	unset COLORTERM NO_COLOR FORCE_COLOR TMUX STY SSH_CONNECTION SSH_CLIENT SSH_TTY VIRTUAL_ENV CONDA_PREFIX TUTOR_AHEAD \
	  MAKEFLAGS MAKELEVEL MFLAGS PYTHONDONTWRITEBYTECODE && \
	HOME="$$home" XDG_STATE_HOME="$$home/state" XDG_CONFIG_HOME="$$home/config" XDG_CACHE_HOME="$$home/cache" \
	  $(BIN)/python -m pytest $(ARGS) -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/check
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/python -m mypy tests/support tests/lint_text.py benchmarks
	$(BIN)/lint-imports
	$(BIN)/python -m tests.lint_text

bench: $(VENV)/test
	@$(BIN)/python -m benchmarks.bench $(ARGS)

pictures: $(VENV)/pictures
	@$(BIN)/python -m benchmarks.pictures $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Below, a stamp stands for an installation that came to its end: it goes before the work begins.

$(VENV)/made: $(MADE_ANEW)
	@$(FAIL) \
	if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; \
	else set -- python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; fi; \
	python= old=; \
	for name; do \
	  version=`"$$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null` || continue; \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then python=$$name; break; fi; \
	  old=$${old:-"$$name is Python $$version, and"}; \
	done; \
	[ -n "$$python" ] || fail "$${old:-$(or $(PYTHON),python3) was not found:} Python 3.10 or newer is needed;" \
	  "install it, or name it with PYTHON=/path/to/python3."; \
	"$$python" -c 'import venv, ensurepip' 2>/dev/null || \
	  fail "$$python has no venv module; install it (Debian, Ubuntu: apt install python3-venv) and call make again."; \
	clear=; [ ! -e $@ ] || clear=--clear; rm -f $@; \
	echo "tutor: making $(VENV) with $$python (Python $$version)"; \
	"$$python" -m venv $$clear $(VENV) || fail "$$python could not make $(VENV); its reason stands above."; \
	echo 'PYTHON ?= $(PYTHON)' >$(VENV)/python.mk; \
	echo '$(CURDIR)|$(PYTHON)' >$@

$(VENV)/run: $(VENV)/made pyproject.toml constraints.txt $(CHOSEN_ANEW)
	@$(FAIL) \
	if [ -n "$(TORCH_PYTHON)" ]; then \
	  "$(TORCH_PYTHON)" -c '' 2>/dev/null || fail "$(TORCH_PYTHON) is no Python; TORCH_PYTHON names one that has torch."; \
	  "$(TORCH_PYTHON)" -c 'import sys, importlib.util as u; sys.exit(u.find_spec("torch") is None)' || \
	    fail "$(TORCH_PYTHON) has no torch; name another with TORCH_PYTHON, or a torch to install with TORCH."; \
	elif ! ls -d $(VENV)/lib/python*/site-packages/torch >/dev/null 2>&1; then \
	  free=`df -Pk $(VENV) | awk 'NR == 2 {print int($$4 / 1024)}'`; \
	  [ "$$free" -ge $(MIB) ] || fail "$$free MiB are free here, and this installation takes about $(MIB);" \
	    "make room, or choose a smaller torch (make help)."; \
	fi; \
	rm -f $@; echo '$(CHOICE)' | tr '|' '\n' >$(VENV)/torch.mk; \
	failed="pip could not install the tutor; its reason stands above, and calling make again goes on from here."; \
	if [ -n "$(TORCH_INDEX)" ] && [ -n "$(EXTRA)" ]; then \
	  $(PIP) --index-url "$(TORCH_INDEX)" torch $(REQUIREMENT) || fail "$$failed"; \
	fi; \
	$(PIP) -e ".$(EXTRA)" $(REQUIREMENT) || fail "$$failed"; \
	touch $@

$(VENV)/test $(VENV)/check $(VENV)/pictures: $(VENV)/run
	@$(FAIL) \
	rm -f $@; \
	$(PIP) --quiet -e ".[$(@F)]" || fail "pip could not install what make $(@F) needs; its reason stands above."; \
	touch $@

# mypy reads what the tests and the pictures import.
$(VENV)/pictures: $(VENV)/test
$(VENV)/check: $(VENV)/pictures
