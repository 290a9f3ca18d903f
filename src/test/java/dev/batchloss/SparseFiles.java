package dev.batchloss;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files that are longer than the space they take: what was never written is a hole of zeros. */
public final class SparseFiles {
  private SparseFiles() {}

  /** Skips the test where the folder's file system has no holes. */
  public static void assumeHoles(Path folder) throws IOException {
    long hole = 512L << 20;
    long before = Files.getFileStore(folder).getUsableSpace();
    Path probe = folder.resolve("probe");
    writeAt(probe, hole, (short) 1);
    long used = before - Files.getFileStore(folder).getUsableSpace();
    Files.delete(probe);
    assumeTrue(
        used < hole / 2, "a hole of " + hole + " bytes took " + used + ": no holes in " + folder);
  }

  /** Writes little-endian values at a byte offset; what is skipped is a hole. */
  public static void writeAt(Path file, long position, short... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * 2).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(values);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(bytes, position);
    }
  }

  /** Writes an array of zeros of one or two bytes each; {@code descr} is f2, u2 or u1. */
  public static Path zeros(Path file, String descr, long... shape) throws IOException {
    long bytes = Character.digit(descr.charAt(1), 10);
    String byteOrder = bytes == 1 ? "|" : "<";
    byte[] header = ArrayFiles.npy(byteOrder + descr, "False", shape, new byte[0]);
    for (long length : shape) {
      bytes = Math.multiplyExact(bytes, length);
    }
    Files.write(file, header);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), header.length + bytes - 1);
    }
    return file;
  }
}
