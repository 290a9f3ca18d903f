package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NpyWriterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsRead(NumericType type) throws IOException {
    Path path = folder.resolve("out.npy");
    byte[] data = new byte[6 * type.bytes()];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 7);
    }
    try (NpyWriter writer = NpyWriter.create(path, type, 2, 3)) {
      writer.write(0, MemorySegment.ofArray(data));
      writer.commit();
    }
    try (NumericFile file = NumericFile.open(path)) {
      assertThat(file.header().dataOffset()).isEqualTo(128);
      assertThat(file.type()).isEqualTo(type == NumericType.BFLOAT16 ? NumericType.UINT16 : type);
      byte[] read = new byte[data.length];
      file.read(new long[2], new long[] {2, 3}, MemorySegment.ofArray(read));
      assertThat(read).isEqualTo(data);
    }
  }

  @Test
  void regionsMeetInTheFile() throws IOException {
    Path path = folder.resolve("out.npy");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.FLOAT32, 2, 3, 5)) {
      for (long inner = 0; inner < 5; inner += 2) {
        long[] from = {0, 0, inner};
        long[] count = {2, 3, Math.min(2, 5 - inner)};
        MemorySegment piece = MemorySegment.ofArray(new float[12]);
        long next = 0;
        for (long a = 0; a < 2; a++) {
          for (long b = 0; b < 3; b++) {
            for (long c = inner; c < inner + count[2]; c++) {
              piece.setAtIndex(ValueLayout.JAVA_FLOAT, next++, (float) (100 * a + 10 * b + c));
            }
          }
        }
        writer.write(from, count, piece);
      }
      writer.commit();
    }
    float[] values = new float[30];
    try (NumericFile file = NumericFile.open(path)) {
      file.read(new long[3], new long[] {2, 3, 5}, MemorySegment.ofArray(values));
    }
    for (int i = 0; i < 30; i++) {
      assertThat(values[i]).isEqualTo(100 * (i / 15) + 10 * (i / 5 % 3) + i % 5);
    }
  }

  @Test
  void nothingAppearsBeforeCommit() throws IOException {
    Path path = Files.writeString(folder.resolve("out.npy"), "what was there");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.FLOAT64, 2)) {
      writer.write(0, MemorySegment.ofArray(new double[] {1, 2}));
      assertThat(path).hasContent("what was there");
      writer.commit();
      assertThat(path).hasSize(128 + 16);
      assertThatThrownBy(writer::commit).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> writer.write(0, MemorySegment.ofArray(new double[2])))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(path + ": is committed or closed");
    }
    assertThat(filesIn(folder)).containsExactly(path);
  }

  @Test
  void closingWithoutCommitLeavesNothing() throws IOException {
    Path path = folder.resolve("out.npy");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.FLOAT64, 2)) {
      writer.write(1, MemorySegment.ofArray(new double[1]));
      assertThat(filesIn(folder)).hasSize(1);
      assertThatThrownBy(writer::commit)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("1 elements were written, the array has 2");
    }
    assertThat(filesIn(folder)).isEmpty();
  }

  @Test
  void aMissingFolderIsAnErrorAtOnce() {
    Path path = folder.resolve("missing/out.npy");
    assertThatThrownBy(() -> NpyWriter.create(path, NumericType.FLOAT32, 2))
        .isInstanceOf(FileSystemException.class)
        .hasMessageStartingWith(path + ": cannot be written, its folder does not exist");
  }

  @Test
  void aFileAsFolderIsAnErrorAtOnce() throws IOException {
    Path path = Files.writeString(folder.resolve("file"), "").resolve("out.npy");
    assertThatThrownBy(() -> NpyWriter.create(path, NumericType.FLOAT32, 2))
        .isInstanceOf(FileSystemException.class)
        .hasMessageStartingWith(path + ": cannot be written");
  }

  @Test
  void aFolderAsTargetIsAnErrorAtOnce() {
    assertThatThrownBy(() -> NpyWriter.create(folder, NumericType.FLOAT32, 2))
        .isInstanceOf(FileSystemException.class)
        .hasMessage(folder + ": is not a regular file");
  }

  @Test
  void aSymbolicLinkStaysOne() throws IOException {
    Path real = Files.writeString(folder.resolve("real.npy"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link.npy"), real);
    try (NpyWriter writer = NpyWriter.create(link, NumericType.UINT8)) {
      writer.write(0, MemorySegment.ofArray(new byte[1]));
      writer.commit();
    }
    assertThat(link).isSymbolicLink();
    assertThat(real).hasSize(128 + 1);
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    Path path = folder.resolve("out.npy");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.FLOAT32, 2, 3)) {
      MemorySegment three = MemorySegment.ofArray(new float[3]);
      assertThatThrownBy(() -> writer.write(4, three))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> writer.write(0, three.asSlice(1)))
          .hasMessage("elements has 11 bytes, must be a multiple of 4");
      assertThatThrownBy(() -> writer.write(new long[] {0, 1}, new long[] {2, 3}, three))
          .hasMessage("axis 1: 3 elements from 1 on do not lie in 0..3");
      assertThatThrownBy(() -> writer.write(new long[2], new long[] {2, 2}, three))
          .hasMessage("elements has 12 bytes, the region needs 16");
    }
    assertThatThrownBy(() -> NpyWriter.create(path, NumericType.FLOAT32, 1L << 62))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> NpyWriter.create(path, NumericType.FLOAT32, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(filesIn(folder)).isEmpty();
  }

  @Test
  void writesAHeaderForTheMostAxes() throws IOException {
    long[] shape = new long[NpyHeader.MAX_DIMENSIONS];
    Arrays.fill(shape, 1);
    Path path = folder.resolve("out.npy");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.INT16, shape)) {
      writer.write(shape.clone(), new long[64], MemorySegment.ofArray(new short[0]));
      writer.write(new long[64], shape, MemorySegment.ofArray(new short[] {5}));
      writer.commit();
    }
    try (NumericFile file = NumericFile.open(path)) {
      assertThat(file.shape()).hasSize(64).containsOnly(1L);
    }
  }

  private static Path[] filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toArray(Path[]::new);
    }
  }
}
