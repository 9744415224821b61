#!/bin/sh
# Checks for what the build needs and installs, from Debian 12's packages, only
# what is missing. With nothing missing it changes nothing and needs no network.
#
#	DRY_RUN=1 scripts/deps.sh     print the commands instead of running them
#	CC=clang scripts/deps.sh      check another C compiler
#
# FFmpeg must be 5.1, the one that go-astiav v0.16.0 binds; oneDNN must be 2.x,
# since 3.0 removed the descriptors that nn/onednn is written with.
set -eu

cd "$(dirname "$0")/.."
: "${CC:=gcc}"
: "${DRY_RUN:=}"

say() { printf 'deps: %s\n' "$*"; }

fail() {
	for line; do printf 'deps: %s\n' "$line" >&2; done
	printf 'deps: docs/install.md says what works on which system\n' >&2
	exit 1
}

# compiles PROGRAM [FLAG...] tells whether a C program compiles and links.
compiles() {
	program=$1
	shift
	printf '%s\n' "$program" | "$CC" -x c -o /dev/null - "$@" >/dev/null 2>&1
}

# ffmpeg_library NAME MAJOR.MINOR tells whether pkg-config finds a library of
# FFmpeg 5.1: one of this major version, and at least this minor one.
ffmpeg_library() {
	pkg-config --exists "$1 >= $2" "$1 < $((${2%%.*} + 1))" 2>/dev/null
}

# missing prints the Debian packages of everything that is not there, whoever
# installed it: a library built from source counts.
missing() {
	command -v "$CC" >/dev/null || echo gcc
	compiles '#include <stdlib.h>
int main(void) { return 0; }' || echo libc6-dev
	command -v pkg-config >/dev/null || echo pkg-config
	ffmpeg_library libavutil 57.28 || echo libavutil-dev
	ffmpeg_library libavcodec 59.37 || echo libavcodec-dev
	ffmpeg_library libavformat 59.27 || echo libavformat-dev
	ffmpeg_library libavfilter 8.44 || echo libavfilter-dev
	ffmpeg_library libavdevice 59.7 || echo libavdevice-dev
	ffmpeg_library libswscale 6.7 || echo libswscale-dev
	ffmpeg_library libswresample 4.7 || echo libswresample-dev
	compiles '#include <dnnl.h>
#if DNNL_VERSION_MAJOR != 2
#error "not oneDNN 2"
#endif
int main(void) { return dnnl_version() == 0; }' -fopenmp -ldnnl || echo libdnnl-dev
	command -v ffmpeg >/dev/null || echo ffmpeg
}

# candidate PACKAGE prints the upstream version that apt-get would install.
candidate() {
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}//p'
}

# as_root COMMAND... runs a command with the right to install.
as_root() {
	if [ "$(id -u)" != 0 ]; then
		if [ -z "$DRY_RUN" ] && ! command -v sudo >/dev/null; then
			fail "cannot install: not root, and there is no sudo; as root run" "  $*"
		fi
		set -- sudo "$@"
	fi
	say "$*"
	[ -n "$DRY_RUN" ] || "$@"
}

check_go() {
	command -v go >/dev/null ||
		fail "go: not found; install Go $(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl/ and put its bin folder on PATH"
	# Any command that loads go.mod fails where Go is too old for it and may not
	# fetch a newer toolchain.
	if ! error=$(go list -m 2>&1 >/dev/null); then
		fail "go: $error" "install Go $(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl/"
	fi
}

check_go

packages=$(missing)
if [ -z "$packages" ]; then
	say "nothing to install"
	exit 0
fi

# One line, for messages and commands.
packages=$(echo "$packages" | tr '\n' ' ' | sed 's/ *$//')
say "missing: $packages"
command -v apt-get >/dev/null ||
	fail "cannot install: there is no apt-get here; install FFmpeg 5.1 and oneDNN 2.x with their headers, pkg-config and a C compiler by hand, or use the Dockerfile"

as_root apt-get update -qq
for package in $packages; do
	case $package in
	libav* | libsw*) want=5.1 ;;
	libdnnl-dev) want=2 ;;
	*) continue ;;
	esac
	version=$(candidate "$package")
	case $version in
	"$want".*) ;;
	"") [ -n "$DRY_RUN" ] || fail "cannot install: this system has no package $package" ;;
	*) fail "cannot install: $package is version $version here, the build needs $want" ;;
	esac
done
# shellcheck disable=SC2086 # a list of package names
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
[ -z "$DRY_RUN" ] || exit 0

left=$(missing | tr '\n' ' ')
[ -z "$left" ] || fail "still missing after the installation: $left"
say "installed: $packages"
