#!/bin/sh
# Every mutant can be read and finds what it changes in the PTX that ships.
set -eu
cd "$(dirname "$0")/.."

build/check-mutants mutants ../kernels/ptx > /dev/null
