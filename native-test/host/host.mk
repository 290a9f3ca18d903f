# The row kernels as host code under sanitizers: build/host/kernels_test runs them.
HOST := $(BUILD)/host
HOST_FLAGS := -std=c++17 -O1 -g -Wall -Wextra -Wno-unknown-pragmas -ffp-contract=off \
  -fsanitize=address,undefined -fno-sanitize-recover=all
KERNELS := $(wildcard ../kernels/cuda/*)
