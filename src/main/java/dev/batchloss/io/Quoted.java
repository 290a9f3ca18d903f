package dev.batchloss.io;

import java.nio.charset.StandardCharsets;

/** Foreign text for messages: short, on one line, and harmless to a terminal. */
final class Quoted {
  private static final int LONGEST = 60;

  private Quoted() {}

  static String of(byte[] latin1) {
    return of(new String(latin1, StandardCharsets.ISO_8859_1));
  }

  static String of(String text) {
    StringBuilder quoted = new StringBuilder("'");
    for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c <= '~' && c != '\\') {
        quoted.append(c);
      } else {
        quoted.append("\\u%04x".formatted((int) c));
      }
    }
    return quoted.append(text.length() > LONGEST ? "'…" : "'").toString();
  }
}
