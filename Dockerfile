# Debian 12 with Go. Builds videogan; running the image is 'make demo':
#
#	docker build -t videogan .
#	docker run --rm -v "$PWD/runs:/videogan/runs" videogan
#	docker run --rm videogan bin/videogan doctor
FROM golang:1.26-bookworm

WORKDIR /videogan

# The libraries and the Go modules change seldom: their own layers.
COPY go.mod go.sum ./
COPY scripts/deps.sh scripts/
RUN scripts/deps.sh && go mod download

COPY . .
RUN make build

VOLUME /videogan/runs
CMD ["make", "demo"]
