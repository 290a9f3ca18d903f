package dev.batchloss.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Writes an array to a {@code .npy} file of version 1.0, in C order and native byte order, byte for
 * byte as NumPy would. The elements go to a temporary file beside the target, which takes the
 * target's place when {@link #commit} says so: until then, and after any failure, what was there
 * before is untouched.
 *
 * <p>Regions may be written in any order and from many threads at once, but each element exactly
 * once. All methods block.
 */
public final class NpyWriter implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final int PREFIX_BYTES = 10;

  /** NumPy leaves room for the first length to grow to this many digits. */
  private static final int GROWTH_DIGITS = 21;

  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private final NpyHeader header;
  private final StagingBuffers staging = new StagingBuffers();
  private final AtomicLong written = new AtomicLong();
  private final AtomicBoolean finished = new AtomicBoolean();

  private NpyWriter(Path target, Path temporary, FileChannel channel, NpyHeader header) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
    this.header = header;
  }

  /**
   * Creates the temporary file. An existing target is replaced on {@link #commit}; where it is a
   * symbolic link, the file it leads to.
   *
   * @param target the file to write
   * @param type the format of the elements; BFLOAT16 is written as uint16
   * @param shape the length of each axis
   * @throws IllegalArgumentException if a length is negative or the array is too large for a file
   * @throws IOException if the folder is missing or cannot be written to, or the target is
   *     something else than a file
   */
  public static NpyWriter create(Path target, NumericType type, long... shape) throws IOException {
    byte[] headerBytes = encode(type, shape);
    List<Long> lengths = Arrays.stream(shape).boxed().toList();
    NpyHeader header =
        new NpyHeader(type, ByteOrder.nativeOrder(), ArrayOrder.C, lengths, headerBytes.length);
    Path file = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
    Path name = file.getFileName();
    if (name == null || (Files.exists(file) && !Files.isRegularFile(file))) {
      throw new FileSystemException(target.toString(), null, "is not a regular file");
    }
    Path temporary =
        file.resolveSibling(
            ".%s.%016x.part".formatted(name, ThreadLocalRandom.current().nextLong()));
    FileChannel channel = openNew(target, temporary);
    NpyWriter writer = new NpyWriter(file, temporary, channel, header);
    try {
      writer.writeFully(0, ByteBuffer.wrap(headerBytes));
      return writer;
    } catch (Throwable e) {
      writer.close();
      throw e;
    }
  }

  private static FileChannel openNew(Path target, Path temporary) throws IOException {
    try {
      return FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      FileSystemException fault =
          new FileSystemException(
              target.toString(), null, "cannot be written, its folder does not exist");
      fault.initCause(e);
      throw fault;
    } catch (IOException e) {
      throw FileBytes.fault(target.toString(), "cannot be written", e);
    }
  }

  /** Returns the header as NumPy writes it. */
  private static byte[] encode(NumericType type, long... shape) {
    String lengths =
        Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
    String mark = type.bytes() == 1 ? "|" : isLittleEndian() ? "<" : ">";
    String literal =
        "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }"
            .formatted(mark, type.descriptor(), shape.length == 1 ? lengths + "," : lengths);
    if (shape.length > 0) {
      literal += " ".repeat(GROWTH_DIGITS - Long.toString(shape[0]).length());
    }
    int unpadded = PREFIX_BYTES + literal.length() + 1;
    literal += " ".repeat(ALIGNMENT - unpadded % ALIGNMENT) + "\n";
    // A shape of 64 axes fits: NpyHeader refuses more, so no later version is ever needed.
    return ByteBuffer.allocate(PREFIX_BYTES + literal.length())
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) literal.length())
        .put(literal.getBytes(StandardCharsets.US_ASCII))
        .array();
  }

  private static boolean isLittleEndian() {
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  }

  /** Returns what the file will say about itself. */
  public NpyHeader header() {
    return header;
  }

  /**
   * Writes elements that follow each other in C order.
   *
   * @param firstElement the first one's place in C order, counted from 0
   * @param elements whole elements in native byte order, on heap or off; all of it is written
   * @throws IllegalArgumentException if the segment holds no whole number of elements
   * @throws IndexOutOfBoundsException if the elements leave the array
   * @throws IllegalStateException after commit or close
   * @throws IOException if the file cannot be written
   */
  public void write(long firstElement, MemorySegment elements) throws IOException {
    int width = header.type().bytes();
    if (elements.byteSize() % width != 0) {
      throw new IllegalArgumentException(
          "elements has %d bytes, must be a multiple of %d".formatted(elements.byteSize(), width));
    }
    long count = elements.byteSize() / width;
    Objects.checkFromIndexSize(firstElement, count, header.elements());
    writeFully(header.dataOffset() + firstElement * width, elements);
    written.addAndGet(count);
  }

  /**
   * Writes the elements whose index on each axis {@code a} lies in {@code [from[a], from[a] +
   * count[a])}.
   *
   * @param from the first index on each axis
   * @param count the number of indices on each axis
   * @param elements the elements from its start on, in C order of the axes, in native byte order
   * @throws IllegalArgumentException if the region leaves the array or {@code elements} is too
   *     small
   * @throws IllegalStateException after commit or close
   * @throws IOException if the file cannot be written
   */
  public void write(long[] from, long[] count, MemorySegment elements) throws IOException {
    Region.requireInside(from, count, header.shape());
    Region region = Region.of(header.shapeInFileOrder(), from, count);
    int width = header.type().bytes();
    long needed = region.runs() * region.runLength() * width;
    if (elements.byteSize() < needed) {
      throw new IllegalArgumentException(
          "elements has %d bytes, the region needs %d".formatted(elements.byteSize(), needed));
    }
    long runBytes = region.runLength() * width;
    long[] done = new long[1];
    region.forEachRun(
        first -> {
          write(first, elements.asSlice(done[0], runBytes));
          done[0] += runBytes;
        });
  }

  /**
   * Puts the file in its place, whole, after its bytes have reached the disk.
   *
   * @throws IllegalStateException unless every element was written, or after commit or close
   * @throws IOException if the file cannot be completed or moved; it is gone then
   */
  public void commit() throws IOException {
    if (written.get() != header.elements()) {
      throw new IllegalStateException(
          "%d elements were written, the array has %d".formatted(written.get(), header.elements()));
    }
    if (!finished.compareAndSet(false, true)) {
      throw new IllegalStateException(target + ": is committed or closed");
    }
    try {
      channel.force(true);
      channel.close();
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(temporary);
      throw FileBytes.fault(target.toString(), "cannot be written", e);
    }
  }

  /** Deletes what was written unless it is committed. Closing again does nothing. */
  @Override
  public void close() throws IOException {
    if (finished.compareAndSet(false, true)) {
      channel.close();
      Files.deleteIfExists(temporary);
    }
  }

  private void writeFully(long position, MemorySegment elements) throws IOException {
    MemorySegment buffer = staging.take();
    try {
      for (long done = 0; done < elements.byteSize(); done += StagingBuffers.BYTES) {
        long piece = Math.min(StagingBuffers.BYTES, elements.byteSize() - done);
        MemorySegment part = elements.asSlice(done, piece);
        if (!elements.isNative()) {
          part = buffer.asSlice(0, piece).copyFrom(part);
        }
        writeFully(position + done, part.asByteBuffer());
      }
    } finally {
      staging.giveBack(buffer);
    }
  }

  private void writeFully(long position, ByteBuffer rest) throws IOException {
    try {
      while (rest.hasRemaining()) {
        channel.write(rest, position + rest.position());
      }
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (ClosedChannelException e) {
      throw new IllegalStateException(target + ": is committed or closed", e);
    } catch (IOException e) {
      throw FileBytes.fault(
          target.toString(), "cannot be written at byte " + (position + rest.position()), e);
    }
  }
}
