# The PTX interpreter's part of ../Makefile: includes this before its own rules, for
# $(PTX_OBJECTS), what libcuda.so.1 is linked from, and ptx-test, the interpreter's own tests.
PTX_SOURCES := $(filter-out ptx/%_test.cpp,$(wildcard ptx/*.cpp))
PTX_TEST := $(BUILD)/ptx/ptx_test

# Contraction would change what is rounded where.
$(BUILD)/ptx/%.o: CXXFLAGS += -ffp-contract=off

$(PTX_TEST): $(BUILD)/ptx/ptx_test.o $(PTX_SOURCES:%.cpp=$(BUILD)/%.o)
	$(CXX) -pthread -o $@ $^

.PHONY: ptx-test
ptx-test: $(PTX_TEST)
	$(PTX_TEST) ptx/testdata
