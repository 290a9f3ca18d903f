package dev.batchloss.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Builds zip archives by hand, so that any field of them can lie. */
final class ZipBytes {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  /** A member whose fields are what the archive says, true or not. */
  static final class Member {
    String name;
    String localName;
    int flags;
    int method;
    int crc;
    byte[] packed;
    long packedSize;
    long size;
    long localSize;
    boolean zip64;
    long localOffsetShift;

    private Member(String name, int method, byte[] contents) {
      CRC32 checksum = new CRC32();
      checksum.update(contents);
      this.name = name;
      this.localName = name;
      this.method = method;
      this.crc = (int) checksum.getValue();
      this.packed = method == DEFLATED ? deflate(contents) : contents;
      this.packedSize = packed.length;
      this.size = contents.length;
      this.localSize = contents.length;
    }

    /** Says everywhere that the member unpacks to so many bytes. */
    void claimSize(long claimed) {
      size = claimed;
      localSize = claimed;
    }
  }

  private final List<Member> members = new ArrayList<>();
  long countShift;
  long directorySizeShift;
  boolean zip64End;

  Member add(String name, int method, byte[] contents) {
    Member member = new Member(name, method, contents);
    members.add(member);
    return member;
  }

  byte[] build() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (Member member : members) {
      long offset = out.size() + member.localOffsetShift;
      out.writeBytes(local(member));
      out.writeBytes(member.packed);
      directory.writeBytes(entry(member, offset));
    }
    long directoryAt = out.size();
    long directorySize = directory.size() + directorySizeShift;
    long count = members.size() + countShift;
    out.writeBytes(directory.toByteArray());
    if (zip64End) {
      long end64At = out.size();
      ByteBuffer end64 = buffer(76);
      end64.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45);
      end64.putInt(0).putInt(0).putLong(count).putLong(count);
      end64.putLong(directorySize).putLong(directoryAt);
      end64.putInt(0x07064b50).putInt(0).putLong(end64At).putInt(1);
      out.writeBytes(bytesOf(end64));
    }
    ByteBuffer end = buffer(22);
    end.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
    if (zip64End) {
      end.putShort((short) -1).putShort((short) -1).putInt(-1).putInt(-1);
    } else {
      end.putShort((short) count).putShort((short) count);
      end.putInt((int) directorySize).putInt((int) directoryAt);
    }
    out.writeBytes(bytesOf(end));
    return out.toByteArray();
  }

  private static byte[] local(Member member) {
    byte[] name = member.localName.getBytes(StandardCharsets.UTF_8);
    byte[] extra = member.zip64 ? extra(member.localSize, member.packedSize) : new byte[0];
    ByteBuffer bytes = buffer(30 + name.length + extra.length);
    bytes.putInt(0x04034b50).putShort((short) 45).putShort((short) member.flags);
    bytes.putShort((short) member.method).putInt(0).putInt(member.crc);
    bytes.putInt(member.zip64 ? -1 : (int) member.packedSize);
    bytes.putInt(member.zip64 ? -1 : (int) member.localSize);
    bytes.putShort((short) name.length).putShort((short) extra.length);
    return bytesOf(bytes.put(name).put(extra));
  }

  private static byte[] entry(Member member, long offset) {
    byte[] name = member.name.getBytes(StandardCharsets.UTF_8);
    byte[] extra = member.zip64 ? extra(member.size, member.packedSize, offset) : new byte[0];
    ByteBuffer bytes = buffer(46 + name.length + extra.length);
    bytes.putInt(0x02014b50).putShort((short) 45).putShort((short) 45);
    bytes.putShort((short) member.flags).putShort((short) member.method).putInt(0);
    bytes.putInt(member.crc);
    bytes.putInt(member.zip64 ? -1 : (int) member.packedSize);
    bytes.putInt(member.zip64 ? -1 : (int) member.size);
    bytes.putShort((short) name.length).putShort((short) extra.length).putShort((short) 0);
    bytes.putShort((short) 0).putShort((short) 0).putInt(0);
    bytes.putInt(member.zip64 ? -1 : (int) offset);
    return bytesOf(bytes.put(name).put(extra));
  }

  private static byte[] extra(long... values) {
    ByteBuffer bytes = buffer(8 + 4 + values.length * 8);
    // An unknown field comes first, to be passed over.
    bytes.putShort((short) 0x9999).putShort((short) 4).putInt(7);
    bytes.putShort((short) 1).putShort((short) (values.length * 8));
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytesOf(bytes);
  }

  static byte[] deflate(byte[] contents) {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(contents);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return out.toByteArray();
  }

  private static byte[] bytesOf(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
