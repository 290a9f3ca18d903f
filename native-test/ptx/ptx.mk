# The PTX interpreter's part of ../Makefile, which sets PTX_DIR and BUILD: PTX_OBJECTS are linked
# into libcuda.so.1, PTX_TEST is the program of the interpreter's own tests, ptx-test runs it.
PTX_OBJECTS := $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard $(PTX_DIR)/*.cpp))
PTX_TEST := $(BUILD)/$(PTX_DIR)/ptx_test
PTX_TEST_OBJECTS := $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard $(PTX_DIR)/tests/*.cpp))

# Contraction would change what is rounded where.
$(BUILD)/$(PTX_DIR)/%.o: CXXFLAGS += -ffp-contract=off

$(PTX_TEST): $(PTX_TEST_OBJECTS) $(PTX_OBJECTS)
	$(CXX) -pthread -o $@ $^

.PHONY: ptx-test
ptx-test: $(PTX_TEST)
	@$(PTX_TEST) $(PTX_DIR)/tests/testdata
