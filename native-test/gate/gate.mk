# What ../static-gate counts with, for ../Makefile to include behind its first rule.
$(BUILD)/count-instructions: $(BUILD)/gate/cubin.o $(BUILD)/gate/count_instructions.o
	$(CXX) -o $@ $^
