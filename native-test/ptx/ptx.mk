# The tests of the PTX interpreter, for ../Makefile to include behind its first rule: ptx-test builds
# and runs them.
PTX_TEST := $(BUILD)/ptx/ptx_test
PTX_TEST_SOURCES := $(wildcard ptx/*.cpp ptx/tests/*.cpp)

# Contraction would change what is rounded where.
$(BUILD)/ptx/%.o: CXXFLAGS += -ffp-contract=off

$(PTX_TEST): $(PTX_TEST_SOURCES:%.cpp=$(BUILD)/%.o)
	$(CXX) -pthread -o $@ $^

.PHONY: ptx-test
ptx-test: $(PTX_TEST)
	$(PTX_TEST) ptx/tests/testdata
