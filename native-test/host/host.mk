# The kernels as host code under sanitizers, for ../Makefile to include behind its first rule:
# host-test builds and runs them.
HOST := $(BUILD)/host
HOST_TEST := $(HOST)/kernels_test $(HOST)/comparisons_test $(HOST)/loss_test
HOST_FLAGS := -std=c++17 -O1 -g -Wall -Wextra -Werror -Wno-unknown-pragmas -Wno-unused-function \
  -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover=all -MMD -MP -Ihost \
  -I$(HOST)/kernels
HOST_ROWS := PlainFloat32 PlainFloat64 PlainFloat16 PlainBfloat16 GeneralFloat32 GeneralFloat64
HOST_COMPARISONS := ElementsFloat32 ElementsFloat64 PairsFloat32 PairsFloat64
HOST_MODULES := $(HOST_ROWS) $(HOST_COMPARISONS) DeviceLoss

FLOAT := -DARITHMETIC=float
DOUBLE := -DARITHMETIC=double -DARITHMETIC_IS_DOUBLE
PLAIN := -DSOURCE='"plain.cu"'
GENERAL := -DSOURCE='"general.cu"'
ELEMENTS := -DSOURCE='"element_kernels.cu"' -DELEMENTS
PAIRS := -DSOURCE='"pair_kernels.cu"' -DPAIRS
$(HOST)/PlainFloat32.o: OPTIONS := $(PLAIN) $(FLOAT) -DINPUT=FLOAT32
$(HOST)/PlainFloat64.o: OPTIONS := $(PLAIN) $(DOUBLE) -DINPUT=FLOAT64
$(HOST)/PlainFloat16.o: OPTIONS := $(PLAIN) $(FLOAT) -DINPUT=FLOAT16
$(HOST)/PlainBfloat16.o: OPTIONS := $(PLAIN) $(FLOAT) -DINPUT=BFLOAT16
$(HOST)/GeneralFloat32.o: OPTIONS := $(GENERAL) $(FLOAT)
$(HOST)/GeneralFloat64.o: OPTIONS := $(GENERAL) $(DOUBLE)
$(HOST)/ElementsFloat32.o: OPTIONS := $(ELEMENTS) $(FLOAT)
$(HOST)/ElementsFloat64.o: OPTIONS := $(ELEMENTS) $(DOUBLE)
$(HOST)/PairsFloat32.o: OPTIONS := $(PAIRS) $(FLOAT)
$(HOST)/PairsFloat64.o: OPTIONS := $(PAIRS) $(DOUBLE)
$(HOST)/DeviceLoss.o: OPTIONS := -DSOURCE='"device_loss.cu"' -DDEVICE_LOSS

# The sources, but for what only a GPU has.
$(HOST)/kernels/.copied: $(wildcard ../kernels/cuda/*.cu*) host/intrinsics.cuh
	@mkdir -p $(@D)
	cp $(filter ../%,$^) $(@D)
	cp $(filter host/%,$^) $(@D)
	touch $@

$(HOST)/fibers.o $(HOST_TEST:%=%.o): $(HOST)/%.o: host/%.cpp $(HOST)/kernels/.copied
	$(CXX) $(HOST_FLAGS) -c -o $@ $<

$(HOST_MODULES:%=$(HOST)/%.o): $(HOST)/%.o: host/module.cpp $(HOST)/kernels/.copied
	$(CXX) $(HOST_FLAGS) -DMODULE=$* $(OPTIONS) -c -o $@ $<

$(HOST)/kernels_test: $(HOST_ROWS:%=$(HOST)/%.o)
$(HOST)/comparisons_test: $(HOST_COMPARISONS:%=$(HOST)/%.o)
$(HOST)/loss_test: $(HOST)/DeviceLoss.o
$(HOST_TEST): %: %.o $(HOST)/fibers.o
	$(CXX) -fsanitize=address,undefined -o $@ $^

# Fibers change stacks, of which the address sanitizer warns.
.PHONY: host-test
host-test: SHELL := /bin/bash
host-test: $(HOST_TEST)
	set -o pipefail; for test in $^; do \
	  $$test 2>&1 | { grep -v 'makecontext/swapcontext' || true; } || exit 1; done
