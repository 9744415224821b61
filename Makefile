# videogan: 'make' lists what there is to make.

GO          ?= go
RELEASE     := 0.1.0
VERSION     := $(shell git describe --tags --always --dirty --match 'v*' 2>/dev/null || echo $(RELEASE))
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
MINUTES     ?= 8
DEMO        := runs/demo

.DEFAULT_GOAL := help
.PHONY: help deps generate build demo test bench lint fmt clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

deps: ## install the Debian packages that are missing (FFmpeg 5.1, oneDNN 2, ...)
	@scripts/deps.sh

build: deps generate ## build bin/videogan
	$(GO) build -trimpath -ldflags '-X videogan/experiments.version=$(VERSION)' -o bin/videogan ./cmd/videogan

# The 70,000 MNIST digits come from a module of go.mod and become part of the
# program. git ignores the copies.
generate:
	@$(GO) generate ./datasets/mnist

demo: build ## train TGAN on Moving MNIST for 8 minutes (MINUTES=8) into runs/demo
	@if [ -e $(DEMO) ]; then rm -rf $(DEMO).previous; mv $(DEMO) $(DEMO).previous; \
		echo "the last demo is now $(DEMO).previous"; fi
	bin/videogan train tgan-small --set train.minutes=$(MINUTES) --out $(DEMO)
	@printf '%s\n' '' 'The run is in $(DEMO):' \
		'  report.html   the whole run on one page, its samples playing' \
		'  samples/      contact sheets (.png, a clip a row) and videos (.mp4)' \
		'  plots/        losses over the steps' \
		'  checkpoints/  bin/videogan sample $(DEMO) -n 16 --gif draws more' \
		'To go on:       bin/videogan train tgan-small --out $(DEMO) --resume --set train.minutes=60'

test: build ## build, vet and run all tests
	$(GO) vet ./...
	$(GO) test -timeout 20m ./...

bench: build ## measure step time, loader and decoder on this machine
	@scripts/bench.sh

lint: deps ## check formatting, go vet and staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

fmt: ## format the source
	gofmt -w .

clean: ## remove what build made; runs/ stays
	rm -rf bin
	rm -f datasets/mnist/data/*-ubyte.gz
