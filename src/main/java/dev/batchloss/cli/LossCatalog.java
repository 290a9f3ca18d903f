package dev.batchloss.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Every loss that the command line offers, and every option that says something of one. */
final class LossCatalog {
  /** The first is the one where none is asked for. */
  private static final List<LossEntry> ENTRIES =
      Stream.of(RowLosses.ENTRIES, ElementLosses.ENTRIES, PairLosses.ENTRIES)
          .flatMap(List::stream)
          .toList();

  private LossCatalog() {}

  /** Returns the losses in the order in which they are listed. */
  static List<LossEntry> entries() {
    return ENTRIES;
  }

  /** Returns the names, in the same order. */
  static List<String> names() {
    return ENTRIES.stream().map(LossEntry::name).toList();
  }

  static Optional<LossEntry> named(String name) {
    return ENTRIES.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** Returns every option once, in the order in which the losses have them. */
  static List<LossOption<?>> options() {
    Map<String, LossOption<?>> options = new LinkedHashMap<>();
    for (LossEntry entry : ENTRIES) {
      entry.options().forEach(option -> options.putIfAbsent(option.name(), option));
    }
    return List.copyOf(options.values());
  }
}
