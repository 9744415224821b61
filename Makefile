# videogan: 'make' lists what there is to make.

GO          ?= go
RELEASE     := 0.1.0
VERSION     := $(shell git describe --tags --always --dirty --match 'v*' 2>/dev/null || echo $(RELEASE))
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
MINUTES     ?= 8
DEMO        := runs/demo
PEER        ?= runs/peer
GROWTH      ?= runs/growth
PAIRS       ?= 7
BENCH_DATA   = $(if $(DATA),--data '$(DATA)')

.DEFAULT_GOAL := help
.PHONY: help deps generate build demo test bench bench-peer bench-growth lint fmt clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

deps: ## install the Debian packages that are missing (FFmpeg 5.1, oneDNN 2, ...)
	@scripts/deps.sh

build: deps generate ## build bin/videogan
	$(GO) build -ldflags '-X videogan/experiments.version=$(VERSION)' -o bin/videogan ./cmd/videogan

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
		'  checkpoints/  bin/videogan sample $(DEMO) -n 16 --gif draws more'

# Packages run side by side on the same cores: waiting threads must sleep.
test: export OMP_WAIT_POLICY ?= passive
test: build ## build, vet and run all tests
	$(GO) vet ./...
	$(GO) test -timeout 20m ./...

# The paper's network at two batch sizes, the loader, and the decoder against the
# ffmpeg command: on DATA, a folder of UCF101, or on made-up clips of its kind.
bench: build ## measure step time, loader and decoder here (DATA=UCF101: on real clips)
	bin/videogan bench tgan-ucf101 --batch 4 $(BENCH_DATA)
	bin/videogan bench tgan-ucf101 --batch 16 $(BENCH_DATA)
	bin/videogan bench data moving-mnist
	bin/videogan bench score
ifdef DATA
	bin/videogan bench data ucf101 $(BENCH_DATA)
	find '$(DATA)' -name '*.avi' | sort | head -n 50 | tr '\n' '\0' | xargs -0 bin/videogan bench decode
else
	ffmpeg -v error -y -f lavfi -i testsrc2=size=320x240:rate=25:duration=20 -c:v mpeg4 -q:v 5 bin/bench.avi
	bin/videogan bench decode bin/bench.avi
endif

# Rounds of this program, PyTorch at its best and PyTorch as it comes; an interrupted
# comparison goes on where it stopped.
bench-peer: build ## compare with PyTorch on the same cores (PAIRS=7 ROWS='vgan-4 svc')
	bin/videogan bench peer --out $(PEER) --pairs $(PAIRS) $(addprefix --row ,$(ROWS))

bench-growth: build ## step time and memory over batch, frames, size and threads
	bin/videogan bench growth --out $(GROWTH)

lint: deps ## check formatting, go vet and staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

fmt: ## format the source
	gofmt -w .

clean: ## remove what build made; runs/ stays
	rm -rf bin
	rm -f datasets/mnist/data/*.packed datasets/mnist/data/*-ubyte.gz
