package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BatchLoss;
import dev.batchloss.data.InvalidDataException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are cut short or vanish while they are read. */
class ChangingFilesTest {
  private static final int ROWS = 1000;

  @TempDir Path temp;

  private Path input;
  private Path targets;
  private Path rowLosses;

  @BeforeEach
  void writeFiles() throws IOException {
    input = ArrayFiles.floats(temp.resolve("x.npy"), new long[] {ROWS, 2}, new float[2 * ROWS]);
    targets = ArrayFiles.longs(temp.resolve("t.npy"), new long[] {ROWS}, new long[ROWS]);
    rowLosses = temp.resolve("rows.npy");
  }

  @Test
  void truncatedPredictionsAreAnErrorThatNamesThem() {
    assertThatThrownBy(() -> run((done, rows) -> truncate(input)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("x.npy")
        .hasMessageContaining("cut short");
    assertThat(temp.toFile().list()).containsExactlyInAnyOrder("x.npy", "t.npy");
  }

  @Test
  void truncatedTargetsAreAnErrorThatNamesThem() {
    assertThatThrownBy(() -> run((done, rows) -> truncate(targets)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("t.npy")
        .hasMessageContaining("cut short");
    assertThat(temp.toFile().list()).containsExactlyInAnyOrder("x.npy", "t.npy");
  }

  @Test
  void deletedFilesAreReadToTheirEnd() throws IOException {
    FileEvaluationResult result =
        run(
            (done, rows) -> {
              delete(input);
              delete(targets);
            });
    assertThat(result.summary().rows()).isEqualTo(ROWS);
    assertThat(result.loss()).isEqualTo(Math.log(2));
  }

  @Test
  void aFailingListenerEndsTheEvaluationAndLeavesNoOutput() {
    assertThatThrownBy(
            () ->
                run(
                    (done, rows) -> {
                      throw new IllegalStateException("enough");
                    }))
        .hasMessage("enough");
    assertThat(temp.toFile().list()).containsExactlyInAnyOrder("x.npy", "t.npy");
  }

  private FileEvaluationResult run(ProgressListener listener) throws IOException {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      return FileEvaluation.builder()
          .input(input.toString())
          .targets(targets.toString())
          .rowLossesTo(rowLosses)
          .blockRows(10)
          .progress(listener)
          .build()
          .run(engine);
    }
  }

  private static void truncate(Path file) {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(200);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
