package dev.batchloss.io;

import dev.batchloss.data.InvalidDataException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * The arrays in a {@code .npz} file. A stored member is read where it stands; a deflated one is
 * unpacked to a temporary file, but only once its array header, its size and the size the archive
 * gives for it agree, and never further than that.
 */
final class NpzArchive {
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int ENCRYPTED_FLAG = 1;
  private static final String SUFFIX = ".npy";
  private static final int BUFFER_BYTES = 256 << 10;
  private static final int MOST_NAMES_SHOWN = 8;

  /** No deflated bit can stand for more than 1032 times as many. */
  private static final long LARGEST_RATIO = 1032;

  private final FileBytes file;
  private final ZipDirectory directory;

  private NpzArchive(FileBytes file, ZipDirectory directory) {
    this.file = file;
    this.directory = directory;
  }

  static NpzArchive read(FileBytes file) throws IOException {
    return new NpzArchive(file, ZipDirectory.read(file));
  }

  /**
   * Returns the bytes of one array: a slice of the archive, or an open temporary file of its own,
   * after which the archive is closed.
   *
   * @param member the name with or without {@code .npy}, or null for the only one
   */
  FileBytes open(@Nullable String member) throws IOException {
    ZipDirectory.Entry entry = entry(member);
    String name = file.name() + ":" + displayName(entry);
    if ((entry.flags() & ENCRYPTED_FLAG) != 0) {
      throw new InvalidDataException(name + ": is encrypted, expected a plain member");
    }
    FileBytes packed = directory.packedBytes(entry, name);
    return switch (entry.method()) {
      case STORED -> {
        if (entry.size() != entry.packed()) {
          throw new InvalidDataException(
              "%s: is stored in %d bytes but says it has %d"
                  .formatted(name, entry.packed(), entry.size()));
        }
        yield packed;
      }
      case DEFLATED -> {
        FileBytes unpacked = unpack(name, packed, entry);
        file.close();
        yield unpacked;
      }
      default ->
          throw new InvalidDataException(
              "%s: is packed by zip method %d, expected 0 (stored) or 8 (deflated)"
                  .formatted(name, entry.method()));
    };
  }

  private ZipDirectory.Entry entry(@Nullable String member) {
    List<String> names = directory.names();
    String wanted = member;
    if (wanted == null) {
      if (names.size() != 1) {
        throw new InvalidDataException(
            "%s: has %d members, expected one, or a name after the file's: %s"
                .formatted(file.name(), names.size(), listed(names)));
      }
      wanted = names.getFirst();
    }
    ZipDirectory.Entry entry = directory.entry(wanted);
    if (entry == null) {
      entry = directory.entry(wanted + SUFFIX);
    }
    if (entry == null) {
      throw new InvalidDataException(
          "%s: has no member %s, has %s".formatted(file.name(), Quoted.of(wanted), listed(names)));
    }
    return entry;
  }

  private static String listed(List<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    String shown =
        names.stream().limit(MOST_NAMES_SHOWN).map(Quoted::of).collect(Collectors.joining(", "));
    int others = names.size() - MOST_NAMES_SHOWN;
    return others > 0 ? shown + " and " + others + " more" : shown;
  }

  private static String displayName(ZipDirectory.Entry entry) {
    String quoted = Quoted.of(entry.name());
    return quoted.substring(1, quoted.length() - 1);
  }

  private static FileBytes unpack(String name, FileBytes packed, ZipDirectory.Entry entry)
      throws IOException {
    CRC32 crc = new CRC32();
    Inflater inflater = new Inflater(true);
    try {
      InputStream inflated = new InflaterInputStream(packed.stream(), inflater, BUFFER_BYTES);
      InputStream in =
          new BufferedInputStream(
              new CheckedInputStream(new FaultNaming(name, inflated), crc), BUFFER_BYTES);
      in.mark(BUFFER_BYTES);
      NpyHeader header = NpyHeader.read(name, in);
      requireHonestSize(name, header, entry);
      in.reset();
      FileBytes unpacked = unpackTo(temporaryFile(name), name, in, header);
      try {
        requireEnd(name, in, header);
        if (inflater.getBytesRead() != entry.packed() || (int) crc.getValue() != entry.crc()) {
          throw new InvalidDataException(
              "%s: its packed bytes are damaged: their number or CRC-32 is not the directory's"
                  .formatted(name));
        }
        return unpacked;
      } catch (Throwable e) {
        unpacked.close();
        throw e;
      }
    } finally {
      inflater.end();
    }
  }

  private static void requireHonestSize(String name, NpyHeader header, ZipDirectory.Entry entry) {
    if (entry.size() != header.fileBytes()) {
      throw new InvalidDataException(
          "%s: the archive gives it %d bytes, expected %d: a header of %d and %s"
              .formatted(
                  name,
                  entry.size(),
                  header.fileBytes(),
                  header.dataOffset(),
                  header.description()));
    }
    if (entry.size() / LARGEST_RATIO > entry.packed()) {
      throw new InvalidDataException(
          "%s: has %d packed bytes, too few for the %d it says it has"
              .formatted(name, entry.packed(), entry.size()));
    }
  }

  private static FileChannel temporaryFile(String name) throws IOException {
    try {
      return FileChannel.open(
          Files.createTempFile("batchloss-", SUFFIX),
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw FileBytes.fault(name, "cannot be unpacked to a temporary file", e);
    }
  }

  private static FileBytes unpackTo(
      FileChannel target, String name, InputStream in, NpyHeader header) throws IOException {
    try {
      byte[] buffer = new byte[BUFFER_BYTES];
      long done = 0;
      while (done < header.fileBytes()) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, header.fileBytes() - done));
        if (count < 0) {
          throw new InvalidDataException(
              "%s: ends at byte %d, expected %d bytes: a header of %d and %s"
                  .formatted(
                      name, done, header.fileBytes(), header.dataOffset(), header.description()));
        }
        writeFully(target, name, buffer, count);
        done += count;
      }
      return FileBytes.of(name, target);
    } catch (Throwable e) {
      target.close();
      throw e;
    }
  }

  private static void writeFully(FileChannel target, String name, byte[] bytes, int count)
      throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes, 0, count);
    try {
      while (rest.hasRemaining()) {
        target.write(rest);
      }
    } catch (IOException e) {
      throw FileBytes.fault(name, "cannot be unpacked to a temporary file", e);
    }
  }

  private static void requireEnd(String name, InputStream in, NpyHeader header) throws IOException {
    if (in.read() >= 0) {
      throw new InvalidDataException(
          "%s: goes on after byte %d, expected its end there".formatted(name, header.fileBytes()));
    }
  }

  /** Names the member in what the inflater complains about. */
  private static final class FaultNaming extends FilterInputStream {
    private final String name;

    FaultNaming(String name, InputStream in) {
      super(in);
      this.name = name;
    }

    @Override
    public int read() throws IOException {
      byte[] single = new byte[1];
      return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
      try {
        return in.read(into, offset, count);
      } catch (ZipException | EOFException e) {
        throw new InvalidDataException(
            "%s: its packed bytes are damaged: %s".formatted(name, e.getMessage()), e);
      }
    }
  }
}
