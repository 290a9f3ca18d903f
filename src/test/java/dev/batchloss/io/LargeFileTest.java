package dev.batchloss.io;

import static dev.batchloss.SparseFiles.writeAt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.SparseFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of more than 2^32 bytes and 2^31 elements, which are nearly all holes. */
class LargeFileTest {
  private static final long ROWS = 2_200_000;
  private static final int CLASSES = 1000;

  @TempDir Path folder;

  @BeforeEach
  void needsHoles() throws IOException {
    SparseFiles.assumeHoles(folder);
  }

  @Test
  void readsTheEndOfACOrderFile() throws IOException {
    Path path = sparse("False");
    writeAt(path, Files.size(path) - 6, (short) 0x3c00, (short) 0x4000, (short) 0x4200);

    assertThat(lastRow(path)).endsWith((short) 0x3c00, (short) 0x4000, (short) 0x4200);
  }

  @Test
  void readsTheEndOfAFortranOrderFile() throws IOException {
    Path path = sparse("True");
    long columnBytes = ROWS * 2;
    writeAt(path, Files.size(path) - columnBytes - 2, (short) 0x4000);
    writeAt(path, Files.size(path) - 2, (short) 0x4200);

    assertThat(lastRow(path)).endsWith((short) 0, (short) 0x4000, (short) 0x4200);
  }

  @Test
  void writesBeyondTheSameBounds() throws IOException {
    Path path = folder.resolve("out.npy");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.FLOAT16, ROWS, CLASSES)) {
      writer.write(
          new long[] {ROWS - 1, CLASSES - 2},
          new long[] {1, 2},
          MemorySegment.ofArray(new short[] {5, 6}));
      Path partial;
      try (var files = Files.list(folder)) {
        partial = files.findFirst().orElseThrow();
      }
      assertThat(Files.size(partial)).isEqualTo(128 + ROWS * CLASSES * 2);
    }
  }

  private static short[] lastRow(Path path) throws IOException {
    short[] row = new short[CLASSES];
    try (NumericFile file = NumericFile.open(path)) {
      assertThat(file.header().elements()).isGreaterThan(1L << 31);
      file.read(new long[] {ROWS - 1, 0}, new long[] {1, CLASSES}, MemorySegment.ofArray(row));
    }
    return row;
  }

  private Path sparse(String fortranOrder) throws IOException {
    byte[] header =
        NpyBytes.header(
            1,
            "{'descr': '<f2', 'fortran_order': %s, 'shape': (%d, %d), }\n"
                .formatted(fortranOrder, ROWS, CLASSES));
    Path path = Files.write(folder.resolve("large.npy"), header);
    writeAt(path, header.length + ROWS * CLASSES * 2 - 2, (short) 0);
    return path;
  }
}
