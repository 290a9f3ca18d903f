package dev.batchloss.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What a header of the kernels declares, comments left out. */
record KernelHeader(String text) {
  static KernelHeader read(String name) {
    String path = "/dev/batchloss/kernels/cuda/" + name;
    try (InputStream stream = KernelHeader.class.getResourceAsStream(path)) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return new KernelHeader(text.replaceAll("//.*", ""));
    } catch (IOException e) {
      throw new AssertionError(path, e);
    }
  }

  /** Returns what stands between the braces of a declaration. */
  String body(String declaration) {
    int start = text.indexOf('{', text.indexOf(declaration + " {"));
    return text.substring(start + 1, text.indexOf('}', start));
  }

  /** Returns the offsets of a structure's fields by the rules of a 64-bit C compiler. */
  Map<String, Integer> offsets(String structure, int realBytes) {
    Map<String, Integer> offsets = new LinkedHashMap<>();
    int next = 0;
    for (String declaration : body(structure).split(";", -1)) {
      String field = declaration.strip();
      if (field.isEmpty()) {
        continue;
      }
      String name = field.replaceFirst("\\[.*", "").replaceFirst("(?s).*\\W", "");
      int size = size(field, realBytes);
      int alignment = Math.min(size, Long.BYTES);
      next = Math.ceilDiv(next, alignment) * alignment;
      offsets.put(name, next);
      next += size;
    }
    return offsets;
  }

  /** Returns the constants of a class that are named like fields. */
  static Map<String, Integer> constants(Class<?> type, Map<String, Integer> fields)
      throws IllegalAccessException {
    Map<String, Integer> constants = new LinkedHashMap<>();
    for (Field field : type.getDeclaredFields()) {
      String name = field.getName().toLowerCase(Locale.ROOT);
      if (fields.containsKey(name) && field.getType() == int.class) {
        constants.put(name, field.getInt(null));
      }
    }
    return constants;
  }

  private static int size(String field, int realBytes) {
    if (field.contains("*") || field.startsWith("long long") || field.startsWith("double")) {
      return Long.BYTES;
    }
    if (field.startsWith("Strides")) {
      return 3 * Long.BYTES;
    }
    return field.startsWith("Real") ? realBytes : Integer.BYTES;
  }
}
