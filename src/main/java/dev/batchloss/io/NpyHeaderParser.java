package dev.batchloss.io;

import dev.batchloss.data.InvalidDataException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the literal in a {@code .npy} header, the one form of it that NumPy writes: a dictionary
 * with the keys descr (a string), fortran_order (True or False) and shape (a tuple of integers),
 * each once and in any order.
 */
final class NpyHeaderParser {
  private static final int END = -1;
  private static final Set<String> KEYS = Set.of("descr", "fortran_order", "shape");

  private final String name;
  private final byte[] text;
  private final int offset;
  private final int version;
  private int position;

  /**
   * Takes the bytes of a header.
   *
   * @param offset where {@code literal} stands in the file, for messages
   * @param version the format's major version
   */
  NpyHeaderParser(String name, byte[] literal, int offset, int version) {
    this.name = name;
    this.text = literal;
    this.offset = offset;
    this.version = version;
  }

  NpyHeader parse() {
    requireAscii();
    Map<String, Object> values = dictionary();
    String descr = (String) values.get("descr");
    NumericType type = typeOf(descr);
    @SuppressWarnings("unchecked")
    List<Long> shape = (List<Long>) values.get("shape");
    try {
      return new NpyHeader(
          type,
          byteOrderOf(descr),
          (ArrayOrder) values.get("fortran_order"),
          shape,
          offset + (long) text.length);
    } catch (IllegalArgumentException e) {
      throw new InvalidDataException(name + ": " + e.getMessage(), e);
    }
  }

  private Map<String, Object> dictionary() {
    Map<String, Object> values = new HashMap<>();
    expect('{');
    while (next() != '}') {
      int keyPosition = position;
      String key = string("a key in quotes or '}'");
      if (!KEYS.contains(key)) {
        throw bad(keyPosition, "has the unknown key " + Quoted.of(key));
      }
      expect(':');
      Object value =
          switch (key) {
            case "descr" -> descriptor();
            case "fortran_order" -> truth();
            default -> shape();
          };
      if (values.put(key, value) != null) {
        throw bad(keyPosition, "has the key '" + key + "' twice");
      }
      if (next() != '}') {
        expect(',');
      }
    }
    position++;
    if (next() != END) {
      throw unexpected("nothing but blanks after '}'");
    }
    for (String key : List.of("descr", "fortran_order", "shape")) {
      if (!values.containsKey(key)) {
        throw new InvalidDataException("%s: the header lacks the key '%s'".formatted(name, key));
      }
    }
    return values;
  }

  private String descriptor() {
    return switch (next()) {
      case '[' -> throw bad(position, "has structured elements, expected plain numbers");
      case '(' -> throw bad(position, "has elements that are arrays, expected plain numbers");
      default -> string("the element type in quotes");
    };
  }

  private ArrayOrder truth() {
    next();
    int start = position;
    while (Character.isLetterOrDigit(peek()) || peek() == '_') {
      position++;
    }
    String word = ascii(start, position);
    return switch (word) {
      case "True" -> ArrayOrder.FORTRAN;
      case "False" -> ArrayOrder.C;
      default -> {
        position = start;
        throw unexpected("True or False as fortran_order");
      }
    };
  }

  private List<Long> shape() {
    List<Long> lengths = new ArrayList<>();
    expect('(');
    boolean comma = true;
    while (next() != ')') {
      if (!comma) {
        throw unexpected("',' or ')' in the shape");
      }
      if (lengths.size() == NpyHeader.MAX_DIMENSIONS) {
        throw bad(position, "has more than %d axes".formatted(NpyHeader.MAX_DIMENSIONS));
      }
      lengths.add(length());
      comma = next() == ',';
      if (comma) {
        position++;
      }
    }
    if (lengths.size() == 1 && !comma) {
      throw unexpected("',' after the only length of the shape");
    }
    position++;
    return lengths;
  }

  private long length() {
    int start = position;
    if (peek() == '-') {
      throw bad(start, "has a negative length in its shape");
    }
    while (peek() >= '0' && peek() <= '9') {
      position++;
    }
    String digits = ascii(start, position);
    if (digits.isEmpty() || (digits.length() > 1 && digits.startsWith("0"))) {
      position = start;
      throw unexpected("a length in decimal digits");
    }
    // Python 2 marked its long integers so; NumPy accepts the mark up to version 2.
    if (peek() == 'L' && version <= 2) {
      position++;
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new InvalidDataException(
          "%s: the shape has the length %s, expected less than 2^63"
              .formatted(name, Quoted.of(digits)),
          e);
    }
  }

  private String string(String expected) {
    int quote = next();
    if (quote != '\'' && quote != '"') {
      throw unexpected(expected);
    }
    int start = ++position;
    while (peek() != quote) {
      if (peek() == END || peek() == '\\' || peek() == '\n') {
        throw unexpected("a string without escapes, closed by its quote");
      }
      position++;
    }
    String content = ascii(start, position++);
    // Python joins strings that follow each other; nothing that writes .npy relies on it.
    if (next() == '\'' || next() == '"') {
      throw unexpected("one string");
    }
    return content;
  }

  private NumericType typeOf(String descr) {
    if (descr.length() >= 2 && "<>|".indexOf(descr.charAt(0)) >= 0) {
      char kind = descr.charAt(1);
      if (kind == 'O') {
        throw new InvalidDataException(
            "%s: holds Python objects, which are never read; expected plain numbers"
                .formatted(name));
      }
      if (descr.length() == 3) {
        var type = NumericType.ofDescriptor(kind, descr.charAt(2) - '0');
        if (type.isPresent() && (descr.charAt(0) != '|' || type.get().bytes() == 1)) {
          return type.get();
        }
      }
    }
    throw new InvalidDataException(
        ("%s: has elements of type %s, expected one of f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1"
                + " after < or > (| for single bytes)")
            .formatted(name, Quoted.of(descr)));
  }

  private static ByteOrder byteOrderOf(String descr) {
    return switch (descr.charAt(0)) {
      case '<' -> ByteOrder.LITTLE_ENDIAN;
      case '>' -> ByteOrder.BIG_ENDIAN;
      default -> ByteOrder.nativeOrder();
    };
  }

  private void requireAscii() {
    for (int i = 0; i < text.length; i++) {
      if (text[i] < 0) {
        throw bad(i, "has the byte 0x%02x, expected ASCII".formatted(text[i]));
      }
    }
  }

  private int peek() {
    return position < text.length ? text[position] : END;
  }

  /** Skips blanks and returns the character after them, which stays to be read. */
  private int next() {
    while (" \t\r\n".indexOf(peek()) >= 0) {
      position++;
    }
    return peek();
  }

  private void expect(char wanted) {
    if (next() != wanted) {
      throw unexpected("'" + wanted + "'");
    }
    position++;
  }

  private String ascii(int from, int to) {
    return new String(text, from, to - from, StandardCharsets.US_ASCII);
  }

  private InvalidDataException unexpected(String expected) {
    String found = peek() == END ? "ends" : "has " + Quoted.of(String.valueOf((char) peek()));
    return new InvalidDataException(
        "%s: the header %s at byte %d, expected %s"
            .formatted(name, found, offset + position, expected));
  }

  private InvalidDataException bad(int where, String what) {
    return new InvalidDataException(
        "%s: the header %s (at byte %d)".formatted(name, what, offset + where));
  }
}
