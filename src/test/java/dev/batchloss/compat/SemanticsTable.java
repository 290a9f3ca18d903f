package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The table of losses and libraries, as docs/semantics.md has it. */
final class SemanticsTable {
  /** What a cell says where the library has nothing of the kind. */
  static final String NOTHING = "–";

  private static final Path PAGE = Path.of("docs", "semantics.md");

  private SemanticsTable() {}

  /** Reads what the cells say, in their order; those that say nothing are left out. */
  static Map<SemanticsLine.Place, String> read() {
    List<List<String>> lines = lines();
    List<String> titles =
        Stream.concat(
                Stream.of("Library", "Loss"),
                Arrays.stream(SemanticsLine.Column.values()).map(column -> column.title))
            .toList();
    assertThat(lines.getFirst()).as("titles").isEqualTo(titles);
    Map<SemanticsLine.Place, String> cells = new LinkedHashMap<>();
    for (List<String> line : lines.subList(2, lines.size())) {
      assertThat(line).as("a line of the table").hasSameSizeAs(titles).doesNotContain("");
      for (SemanticsLine.Column column : SemanticsLine.Column.values()) {
        String text = line.get(titles.indexOf(column.title));
        SemanticsLine.Place place =
            new SemanticsLine.Place(line.get(0), line.get(1).replace("`", ""), column);
        if (!text.equals(NOTHING)) {
          assertThat(cells.put(place, text)).as("%s twice", place).isNull();
        }
      }
    }
    return cells;
  }

  /** The cells of each line, those of the titles first. */
  private static List<List<String>> lines() {
    try (Stream<String> page = Files.lines(PAGE)) {
      return page.dropWhile(line -> !line.startsWith("| Library |"))
          .takeWhile(line -> line.startsWith("|"))
          .map(line -> line.substring(1, line.lastIndexOf('|')))
          .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
