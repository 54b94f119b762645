# Everything by one word. Nothing has to be installed first but git, make and Python 3.11 or newer (PYTHON=... names another one than is found).
# The work is done by the Python package machine/, which needs no other package.

newest = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && { echo $$python; break; }; done)
PYTHON ?= $(or $(newest),python3)
machine = $(or $(wildcard .venv/bin/python),$(PYTHON)) -m machine

.DEFAULT_GOAL := help
.PHONY: help setup images pulumi demo test engines gitea github forges versions actionlint check bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\): ## /  make \1	/p' Makefile | expand -t 20

setup: ## the Python environment in .venv, from locked packages
	@$(machine) $@

images: ## the Docker engine, the images and the local registry
	@$(machine) $@

pulumi: ## the real Pulumi CLI, built from source for the tests that need it (the first time 5 to 10 minutes)
	@$(machine) $@

demo: ## the main job, end to end, on real parts
	@$(machine) $@

test: ## lint, format, types, import contracts and tests (FAST=1 leaves out the slow ones, PYTEST="-k word" adds arguments)
	@$(machine) $@

engines: ## the tests that run the real Pulumi CLI, which is built where it is not there
	@$(machine) $@

gitea: ## a real Gitea, built from source for the tests that need it (the first time 5 to 10 minutes)
	@$(machine) $@

github: ## GitHub's own description of its API, and prism, fetched for the tests that need them (a minute, 100 MB)
	@$(machine) $@

forges: ## the tests that run against a real Gitea and GitHub's own description, which are built and fetched where they are not there
	@$(machine) $@

versions: ## the tests of data on PostgreSQL 12, 13, 14, 16 and 17, which are fetched where they are not there (a minute, 90 MB)
	@$(machine) $@

actionlint: ## the checker of GitHub workflows that the tests use, built from source (seconds; make test does it too)
	@$(machine) $@

check: ## lint, format, types and import contracts alone
	@$(machine) $@

bench: ## the measurements
	@$(machine) $@

clean: ## removes every container, network, volume and image that liftlock made, and nothing else
	@$(machine) $@
