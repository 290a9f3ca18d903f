// Phase 0: looks at every class target before a row is read. Each item leaves three numbers: its
// first bad row (the number of rows if there is none), its bad rows, and the rows that count.

__kernel void scan_targets(
    __global const TARGET_INDEX *targets, long rows, int classes, int ignores,
    long ignored_class, __global long *found) {
  long item = get_global_id(0);
  long first_bad = rows;
  long bad = 0;
  long counted = 0;
  for (long row = item; row < rows; row += get_global_size(0)) {
    long target = targets[row];
    if (!ignores || target != ignored_class) {
      counted++;
      if (target < 0 || target >= classes) {
        first_bad = min(first_bad, row);
        bad++;
      }
    }
  }
  found[3 * item] = first_bad;
  found[3 * item + 1] = bad;
  found[3 * item + 2] = counted;
}
