package dev.batchloss.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds .npy files by hand, sound ones and others. */
final class NpyBytes {
  private NpyBytes() {}

  /** A header of this version around any text, its length told truthfully. */
  static byte[] header(int version, String text) {
    byte[] literal = text.getBytes(StandardCharsets.ISO_8859_1);
    return header(version, literal.length, literal);
  }

  /** A header that says {@code length} and has {@code literal}. */
  static byte[] header(int version, int length, byte[] literal) {
    ByteBuffer bytes =
        ByteBuffer.allocate((version == 1 ? 10 : 12) + literal.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    if (version == 1) {
      bytes.putShort((short) length);
    } else {
      bytes.putInt(length);
    }
    return bytes.put(literal).array();
  }

  static String literal(String descr, String shape) {
    return "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n".formatted(descr, shape);
  }

  /** A whole file of zeros but for its header. */
  static byte[] zeros(String descr, String shape, int dataBytes) {
    return concat(header(1, literal(descr, shape)), new byte[dataBytes]);
  }

  static byte[] concat(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteBuffer whole = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      whole.put(part);
    }
    return whole.array();
  }

  static NpyHeader parse(byte[] file) throws IOException {
    return NpyHeader.read("x.npy", new ByteArrayInputStream(file));
  }
}
