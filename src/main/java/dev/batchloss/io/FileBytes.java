package dev.batchloss.io;

import dev.batchloss.data.InvalidDataException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * A range of bytes of an open file, read by position. Safe to use from many threads; positions
 * count from the start of the range.
 */
final class FileBytes implements Closeable {
  private static final int LARGEST_READ = 1 << 30;

  private final String name;
  private final FileChannel channel;
  private final long start;
  private final long length;
  private final StagingBuffers staging;

  private FileBytes(
      String name, FileChannel channel, long start, long length, StagingBuffers staging) {
    this.name = name;
    this.channel = channel;
    this.start = start;
    this.length = length;
    this.staging = staging;
  }

  static FileBytes open(String name, Path path) throws IOException {
    // A pipe would block the open, and has neither a length nor positions.
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new FileSystemException(name, null, "is not a regular file");
    }
    return of(name, FileChannel.open(path, StandardOpenOption.READ));
  }

  /** Takes over {@code channel}: it is closed with this, or here if its size cannot be told. */
  static FileBytes of(String name, FileChannel channel) throws IOException {
    try {
      return new FileBytes(name, channel, 0, channel.size(), new StagingBuffers());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** The bytes from {@code from} on; the file is the same and is closed by closing either. */
  FileBytes slice(String sliceName, long from, long count) {
    Objects.checkFromIndexSize(from, count, length);
    return new FileBytes(sliceName, channel, start + from, count, staging);
  }

  String name() {
    return name;
  }

  long length() {
    return length;
  }

  StagingBuffers staging() {
    return staging;
  }

  /**
   * Fills {@code into} with the bytes from {@code position} on.
   *
   * @throws InvalidDataException if the file ends before that
   * @throws IllegalStateException if the file is closed
   */
  void readFully(long position, MemorySegment into) throws IOException {
    if (into.isNative()) {
      for (long done = 0; done < into.byteSize(); done += LARGEST_READ) {
        long piece = Math.min(LARGEST_READ, into.byteSize() - done);
        fill(position + done, into.asSlice(done, piece).asByteBuffer());
      }
      return;
    }
    MemorySegment buffer = staging.take();
    try {
      for (long done = 0; done < into.byteSize(); done += StagingBuffers.BYTES) {
        long piece = Math.min(StagingBuffers.BYTES, into.byteSize() - done);
        fill(position + done, buffer.asSlice(0, piece).asByteBuffer());
        MemorySegment.copy(buffer, 0, into, done, piece);
      }
    } finally {
      staging.giveBack(buffer);
    }
  }

  /** Returns the {@code count} bytes from {@code position} on. */
  byte[] readBytes(long position, int count) throws IOException {
    byte[] bytes = new byte[count];
    fill(position, ByteBuffer.wrap(bytes));
    return bytes;
  }

  /** Returns a stream over the whole range, which ends where the range ends; needs no closing. */
  InputStream stream() {
    return new RangeStream();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Returns what the operating system says with the file's name, which it leaves out. */
  static FileSystemException fault(String name, String what, IOException cause) {
    var named = new FileSystemException(name, null, what + ": " + cause.getMessage());
    named.initCause(cause);
    return named;
  }

  private void fill(long position, ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      long at = position + into.position();
      if (read(at, into) < 0) {
        throw new InvalidDataException(
            "%s: ends at byte %d, expected %d bytes; it was cut short while it was read"
                .formatted(name, at, length));
      }
    }
  }

  private int read(long at, ByteBuffer into) throws IOException {
    try {
      return channel.read(into, start + at);
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (ClosedChannelException e) {
      throw new IllegalStateException(name + ": is closed", e);
    } catch (IOException e) {
      throw fault(name, "cannot be read at byte " + at, e);
    }
  }

  private final class RangeStream extends InputStream {
    private long position;

    @Override
    public int read() throws IOException {
      byte[] single = new byte[1];
      return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      int piece = (int) Math.min(count, length - position);
      if (piece == 0) {
        return -1;
      }
      fill(position, ByteBuffer.wrap(into, offset, piece).slice());
      position += piece;
      return piece;
    }
  }
}
