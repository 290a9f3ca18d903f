# The PTX interpreter. Whoever includes this sets PTX_DIR to this folder and BUILD to where objects
# go, links $(PTX_OBJECTS), and adds $(PTX_LIBRARIES).
PTX_SOURCES := approximations block_run check_writes comparisons control conversions decoder \
  float_operations grid half integer_operations memory_operations module moves operations parser \
  tokens traps warp_operations
PTX_OBJECTS := $(PTX_SOURCES:%=$(BUILD)/ptx/%.o)
PTX_LIBRARIES := -pthread
# Contraction would change what is rounded where; rounding modes are changed at run time.
PTX_FLAGS := -std=c++17 -O2 -g -fPIC -Wall -Wextra -Werror -ffp-contract=off -pthread

$(BUILD)/ptx/%.o: $(PTX_DIR)/%.cpp $(wildcard $(PTX_DIR)/*.h)
	@mkdir -p $(@D)
	$(CXX) $(PTX_FLAGS) -c $< -o $@

$(BUILD)/ptx_test: $(BUILD)/ptx/ptx_test.o $(PTX_OBJECTS)
	$(CXX) $^ $(PTX_LIBRARIES) -o $@

.PHONY: ptx-test
ptx-test: $(BUILD)/ptx_test
	$< $(PTX_DIR)/testdata
