package dev.batchloss.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Reads regions of an array as they lie in the file, packed: one run right after the other. */
final class RegionReader {
  /** A gap that costs about as much to read as another call to the operating system. */
  private static final int LARGEST_GAP = 8 << 10;

  private static final int SHORTEST_DIRECT_READ = 32 << 10;
  private static final int MOST_RUNS = 4096;

  private final FileBytes bytes;
  private final long dataOffset;
  private final int width;

  RegionReader(FileBytes bytes, long dataOffset, int width) {
    this.bytes = bytes;
    this.dataOffset = dataOffset;
    this.width = width;
  }

  /** Fills the start of {@code into}, which has room for the region. */
  void read(Region region, MemorySegment into) throws IOException {
    long runBytes = region.runLength() * width;
    if (region.runs() <= 1 || runBytes >= SHORTEST_DIRECT_READ) {
      long[] done = new long[1];
      region.forEachRun(
          first -> {
            bytes.readFully(dataOffset + first * width, into.asSlice(done[0], runBytes));
            done[0] += runBytes;
          });
      return;
    }
    MemorySegment buffer = bytes.staging().take();
    try {
      Span span = new Span((int) runBytes, buffer, into);
      region.forEachRun(span::add);
      span.flush();
    } finally {
      bytes.staging().giveBack(buffer);
    }
  }

  /** Short runs with short gaps: one read fetches them all, the gaps are thrown away. */
  private final class Span {
    private final int runBytes;
    private final MemorySegment buffer;
    private final MemorySegment into;
    private final long[] starts = new long[MOST_RUNS];
    private int runs;
    private long done;

    Span(int runBytes, MemorySegment buffer, MemorySegment into) {
      this.runBytes = runBytes;
      this.buffer = buffer;
      this.into = into;
    }

    void add(long firstElement) throws IOException {
      long start = dataOffset + firstElement * width;
      if (runs == MOST_RUNS || (runs > 0 && !reaches(start))) {
        flush();
      }
      starts[runs++] = start;
    }

    void flush() throws IOException {
      if (runs == 0) {
        return;
      }
      long length = starts[runs - 1] + runBytes - starts[0];
      bytes.readFully(starts[0], buffer.asSlice(0, length));
      for (int run = 0; run < runs; run++) {
        MemorySegment.copy(buffer, starts[run] - starts[0], into, done, runBytes);
        done += runBytes;
      }
      runs = 0;
    }

    private boolean reaches(long start) {
      long gap = start - starts[runs - 1] - runBytes;
      return gap <= LARGEST_GAP && start + runBytes - starts[0] <= buffer.byteSize();
    }
  }
}
