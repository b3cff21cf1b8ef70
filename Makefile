# Everything a newcomer needs. Options for local-run go into ARGS: make up ARGS="--auth-servers 2"

.DEFAULT_GOAL := help
.PHONY: help up start stop status test test-attacks test-faults test-fuzz test-ha test-images test-manifests \
        test-partitioned test-races test-timing test-upgrade bench bench-quick microbench profile sbom

help: ## Lists these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile

up: ## Starts Latchkey and stays; ctrl-C stops it
	@scripts/run up $(ARGS)

start: ## Starts Latchkey in the background; .local/url then holds its URL
	@scripts/run start $(ARGS)

stop: ## Stops what `make start` or `make up` started
	@scripts/run stop

status: ## Says whether Latchkey runs, and where
	@scripts/run status

test: ## Checks everything, as CI does
	@scripts/test

test-races: ## Races refreshes in full, and simulates a thousand people over weeks
	@scripts/test-races

test-attacks: ## Attacks it with schemathesis, slowhttptest and guesses for longer than `make test` does
	@scripts/test-attacks

test-faults: ## Kills, cuts off and fills up parts of it under load, and prints what came of it (half an hour)
	@scripts/test-faults $(ARGS)

test-fuzz: ## Tries a million nearly right inputs on each parser, and 100,000 requests on the services
	@scripts/test-fuzz

test-images: ## Builds the images and runs both compose files (needs Docker, debootstrap, and the ports 80 and 443)
	@scripts/test-images

test-manifests: ## Renders the Kubernetes overlays and checks them against Kubernetes' schemas (needs kubectl)
	@scripts/test-manifests

test-upgrade: ## Upgrades a running Latchkey from the release before, back, and again, under load
	@scripts/test-upgrade $(ARGS)

test-partitioned: ## Tests the auth server's API on a partitioned table of sessions
	@scripts/test-partitioned

test-ha: ## Kills and moves a primary that Patroni looks after, under load, and prints what came of it (ten minutes)
	@scripts/test-ha $(ARGS)

test-timing: ## Measures whether refused logins can be told apart (on a machine that does nothing else)
	@scripts/test-timing

bench: ## Compares it with bare handlers, and rewrites docs/performance (half an hour, on a machine that does nothing else)
	@scripts/bench $(or $(ARGS),--out docs/performance)

bench-quick: ## The same in two minutes, once it is built, without writing anything
	@scripts/bench --quick $(ARGS)

microbench: ## Measures the parts of a verification and of a refresh by themselves
	@cargo bench --package shared-claims --package auth-server

profile: ## Finds out where the processor time of requests goes (needs perf)
	@scripts/bench --profile --out docs/performance

sbom: ## Writes a bill of materials for each service (CycloneDX) into target/sbom
	@scripts/sbom
