package dev.batchloss.io;

import dev.batchloss.data.InvalidDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The central directory of a zip file, with where in the file each member's bytes stand, which
 * {@link java.util.zip.ZipFile} does not tell: stored members are read in place.
 */
final class ZipDirectory {
  /** The bytes every zip file begins with, unless it is empty. */
  static final int LOCAL_SIGNATURE = 0x04034b50;

  /** The bytes an empty zip file begins with. */
  static final int END_SIGNATURE = 0x06054b50;

  private static final int END_BYTES = 22;
  private static final int LONGEST_COMMENT = 0xffff;
  private static final int LOCATOR_SIGNATURE = 0x07064b50;
  private static final int LOCATOR_BYTES = 20;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int ENTRY_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int LARGEST_DIRECTORY = 16 << 20;
  private static final long IN_EXTRA = 0xffffffffL;
  private static final int UTF8_FLAG = 1 << 11;
  private static final int SIZES_FOLLOW_FLAG = 1 << 3;

  /**
   * What the directory says of a member.
   *
   * @param name the name as stored
   * @param flags the general purpose bits
   * @param method how the bytes are packed: 0 stored, 8 deflated
   * @param crc the CRC-32 of the unpacked bytes
   * @param packed the number of bytes in the archive
   * @param size the number of bytes when unpacked
   * @param localOffset where the member's own header stands
   */
  record Entry(
      String name, int flags, int method, int crc, long packed, long size, long localOffset) {}

  /** Where the directory stands and how many entries it says it has. */
  private record Extent(long offset, long size, long entries) {}

  private final FileBytes file;
  private final Extent extent;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ZipDirectory(FileBytes file, Extent extent) {
    this.file = file;
    this.extent = extent;
  }

  /** Reads the directory; folders are left out. */
  static ZipDirectory read(FileBytes file) throws IOException {
    ZipDirectory directory = new ZipDirectory(file, extent(file));
    directory.readEntries();
    return directory;
  }

  /** Returns the names of the members, in the directory's order. */
  List<String> names() {
    return List.copyOf(entries.keySet());
  }

  /** Returns a member, or null if there is none of exactly this name. */
  @Nullable Entry entry(String name) {
    return entries.get(name);
  }

  /**
   * Returns the packed bytes of a member, once its own header agrees with the directory.
   *
   * @param memberName what messages call the bytes
   */
  FileBytes packedBytes(Entry entry, String memberName) throws IOException {
    if (entry.localOffset > extent.offset - LOCAL_BYTES) {
      throw bad(
          "member %s stands at byte %d, expected before the directory at byte %d"
              .formatted(Quoted.of(entry.name), entry.localOffset, extent.offset));
    }
    ByteBuffer local = buffer(file.readBytes(entry.localOffset, LOCAL_BYTES));
    if (local.getInt(0) != LOCAL_SIGNATURE) {
      throw bad(
          "member %s has no header at byte %d".formatted(Quoted.of(entry.name), entry.localOffset));
    }
    int nameLength = unsignedShort(local, 26);
    int extraLength = unsignedShort(local, 28);
    long start = entry.localOffset + LOCAL_BYTES + nameLength + extraLength;
    if (start > extent.offset || entry.packed > extent.offset - start) {
      throw bad(
          "member %s says it has %d packed bytes at byte %d, the directory is at byte %d"
              .formatted(Quoted.of(entry.name), entry.packed, start, extent.offset));
    }
    ByteBuffer rest =
        buffer(file.readBytes(entry.localOffset + LOCAL_BYTES, nameLength + extraLength));
    requireAgreement(entry, local, rest, nameLength);
    return file.slice(memberName, start, entry.packed);
  }

  private void requireAgreement(Entry entry, ByteBuffer local, ByteBuffer rest, int nameLength) {
    int flags = unsignedShort(local, 6);
    String name = name(rest, 0, nameLength, flags);
    long[] sizes = {unsignedInt(local, 22), unsignedInt(local, 18)};
    resolveFromExtra(sizes, rest, nameLength, rest.capacity(), entry.name);
    boolean sameSizes =
        (flags & SIZES_FOLLOW_FLAG) != 0 || (sizes[0] == entry.size && sizes[1] == entry.packed);
    if (!name.equals(entry.name) || unsignedShort(local, 8) != entry.method || !sameSizes) {
      throw bad(
          "member %s has a header of its own with another name, method or size"
              .formatted(Quoted.of(entry.name)));
    }
  }

  private static Extent extent(FileBytes file) throws IOException {
    int tailLength = (int) Math.min(file.length(), END_BYTES + LONGEST_COMMENT);
    long tailStart = file.length() - tailLength;
    ByteBuffer tail = buffer(file.readBytes(tailStart, tailLength));
    for (int at = tailLength - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END_SIGNATURE
          && at + END_BYTES + unsignedShort(tail, at + 20) == tailLength) {
        return extent(file, tailStart + at, tail.slice(at, END_BYTES).order(tail.order()));
      }
    }
    throw new InvalidDataException(
        "%s: has no zip directory at its end (byte %d), expected a complete .npz archive"
            .formatted(file.name(), file.length()));
  }

  private static Extent extent(FileBytes file, long endAt, ByteBuffer end) throws IOException {
    Extent extent = new Extent(unsignedInt(end, 16), unsignedInt(end, 12), unsignedShort(end, 10));
    long directoryEnd = endAt;
    if (extent.offset == IN_EXTRA || extent.size == IN_EXTRA || extent.entries == 0xffff) {
      long end64At = end64Position(file, endAt);
      ByteBuffer end64 = buffer(file.readBytes(end64At, END64_BYTES));
      if (end64.getInt(0) != END64_SIGNATURE) {
        throw new InvalidDataException(
            "%s: has no zip64 directory end at byte %d".formatted(file.name(), end64At));
      }
      extent = new Extent(end64.getLong(48), end64.getLong(40), end64.getLong(32));
      directoryEnd = end64At;
    }
    if (extent.offset < 0 || extent.size < 0 || extent.offset != directoryEnd - extent.size) {
      throw new InvalidDataException(
          "%s: says its zip directory has %d bytes at byte %d, expected it to end at byte %d"
              .formatted(file.name(), extent.size, extent.offset, directoryEnd));
    }
    if (extent.size > LARGEST_DIRECTORY) {
      throw new InvalidDataException(
          "%s: has a zip directory of %d bytes, expected at most %d"
              .formatted(file.name(), extent.size, LARGEST_DIRECTORY));
    }
    return extent;
  }

  private static long end64Position(FileBytes file, long endAt) throws IOException {
    long locatorAt = endAt - LOCATOR_BYTES;
    if (locatorAt >= END64_BYTES) {
      ByteBuffer locator = buffer(file.readBytes(locatorAt, LOCATOR_BYTES));
      long position = locator.getLong(8);
      if (locator.getInt(0) == LOCATOR_SIGNATURE
          && position >= 0
          && position <= locatorAt - END64_BYTES) {
        return position;
      }
    }
    throw new InvalidDataException(
        "%s: has no zip64 locator at byte %d".formatted(file.name(), locatorAt));
  }

  private void readEntries() throws IOException {
    ByteBuffer directory = buffer(file.readBytes(extent.offset, (int) extent.size));
    int at = 0;
    long count = 0;
    while (at < directory.capacity()) {
      at = readEntry(directory, at);
      count++;
    }
    if (count != extent.entries) {
      throw bad("says it has %d members, its directory has %d".formatted(extent.entries, count));
    }
  }

  private int readEntry(ByteBuffer directory, int at) {
    if (at > directory.capacity() - ENTRY_BYTES || directory.getInt(at) != ENTRY_SIGNATURE) {
      throw bad("has no directory entry at byte %d".formatted(extent.offset + at));
    }
    int nameAt = at + ENTRY_BYTES;
    int extraAt = nameAt + unsignedShort(directory, at + 28);
    int commentAt = extraAt + unsignedShort(directory, at + 30);
    int next = commentAt + unsignedShort(directory, at + 32);
    if (next > directory.capacity()) {
      throw bad("has a cut directory entry at byte %d".formatted(extent.offset + at));
    }
    int flags = unsignedShort(directory, at + 8);
    String name = name(directory, nameAt, extraAt - nameAt, flags);
    long[] values = {
      unsignedInt(directory, at + 24),
      unsignedInt(directory, at + 20),
      unsignedInt(directory, at + 42)
    };
    resolveFromExtra(values, directory, extraAt, commentAt, name);
    Entry entry =
        new Entry(
            name,
            flags,
            unsignedShort(directory, at + 10),
            directory.getInt(at + 16),
            values[1],
            values[0],
            values[2]);
    if (!name.endsWith("/") && entries.put(name, entry) != null) {
      throw bad("has two members named " + Quoted.of(name));
    }
    return next;
  }

  /** Fills in, in this order, the values that were too large for 32 bits. */
  private void resolveFromExtra(long[] values, ByteBuffer extra, int from, int to, String name) {
    int at = from;
    while (at <= to - 4) {
      int id = unsignedShort(extra, at);
      int end = at + 4 + unsignedShort(extra, at + 2);
      if (end > to) {
        break;
      }
      if (id == 1) {
        int valueAt = at + 4;
        for (int i = 0; i < values.length; i++) {
          if (values[i] == IN_EXTRA && valueAt <= end - 8) {
            values[i] = extra.getLong(valueAt);
            valueAt += 8;
          }
        }
      }
      at = end;
    }
    for (long value : values) {
      if (value < 0) {
        throw bad("member %s has a size or a position beyond 2^63".formatted(Quoted.of(name)));
      }
    }
  }

  private static String name(ByteBuffer bytes, int at, int length, int flags) {
    var charset = (flags & UTF8_FLAG) != 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    return charset.decode(bytes.slice(at, length)).toString();
  }

  private InvalidDataException bad(String what) {
    return new InvalidDataException(file.name() + ": " + what);
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int unsignedShort(ByteBuffer bytes, int at) {
    return Short.toUnsignedInt(bytes.getShort(at));
  }

  private static long unsignedInt(ByteBuffer bytes, int at) {
    return Integer.toUnsignedLong(bytes.getInt(at));
  }
}
