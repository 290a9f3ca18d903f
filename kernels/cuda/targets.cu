// Phase 0: looks at every class target before a row is read. Each thread leaves three numbers: its
// first bad row (the number of rows if there is none), its bad rows, and the rows that count.
#include "intrinsics.cuh"

constexpr int SCAN_THREADS = 64;

template <class Index>
DEVICE void scan(
    const Index *targets, long long rows, int classes, int ignores, long long ignored_class,
    long long *found) {
  long long thread = block_of_grid() * SCAN_THREADS + thread_of_block();
  long long first_bad = rows;
  long long bad = 0;
  long long counted = 0;
  const long long threads = static_cast<long long>(blocks_of_grid()) * SCAN_THREADS;
  for (long long row = thread; row < rows; row += threads) {
    long long target = targets[row];
    if (!ignores || target != ignored_class) {
      counted++;
      if (target < 0 || target >= classes) {
        first_bad = min(first_bad, row);
        bad++;
      }
    }
  }
  found[3 * thread] = first_bad;
  found[3 * thread + 1] = bad;
  found[3 * thread + 2] = counted;
}

KERNEL(SCAN_THREADS, 16)
scan_targets_int(
    const int *targets, long long rows, int classes, int ignores, long long ignored_class,
    long long *found) {
  scan(targets, rows, classes, ignores, ignored_class, found);
}

KERNEL(SCAN_THREADS, 16)
scan_targets_long(
    const long long *targets, long long rows, int classes, int ignores, long long ignored_class,
    long long *found) {
  scan(targets, rows, classes, ignores, ignored_class, found);
}

// What a device has to get right before it is trusted with losses.
KERNEL(SCAN_THREADS, 16) smoke(const float *x, float *y, int n) {
  long long i = block_of_grid() * SCAN_THREADS + thread_of_block();
  if (i < n) {
    y[i] = 2 * x[i] + 1;
  }
}
