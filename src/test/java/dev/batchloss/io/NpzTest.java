package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.InvalidDataException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
  private static final byte[] ARRAY = array();

  @TempDir Path folder;

  private static byte[] array() {
    byte[] data = new byte[1000];
    new Random(3).nextBytes(data);
    for (int i = 0; i < data.length; i++) {
      data[i] &= 3;
    }
    return NpyBytes.concat(NpyBytes.zeros("|u1", "(40, 25)", 0), data);
  }

  @ParameterizedTest
  @CsvSource({"0, false", "8, false", "0, true", "8, true"})
  void readsStoredAndDeflatedMembersWithAndWithoutZip64(int method, boolean zip64)
      throws IOException {
    ZipBytes zip = new ZipBytes();
    zip.add("other.npy", 99, new byte[3]);
    zip.add("folder/", 0, new byte[0]);
    zip.add("folder/x.npy", method, ARRAY).zip64 = zip64;
    zip.zip64End = zip64;

    try (NumericFile file = NumericFile.open(write(zip) + ":folder/x")) {
      byte[] values = new byte[1000];
      file.read(new long[2], new long[] {40, 25}, MemorySegment.ofArray(values));
      assertThat(values).isEqualTo(Arrays.copyOfRange(ARRAY, ARRAY.length - 1000, ARRAY.length));
    }
  }

  @Test
  void anExactNameWinsOverOneWithTheSuffix() throws IOException {
    ZipBytes zip = new ZipBytes();
    zip.add("x", ZipBytes.STORED, NpyBytes.zeros("|u1", "(7,)", 7));
    zip.add("x.npy", ZipBytes.STORED, ARRAY);
    Path path = write(zip);

    try (NumericFile plain = NumericFile.open(path + ":x");
        NumericFile suffixed = NumericFile.open(path + ":x.npy")) {
      assertThat(plain.shape()).containsExactly(7L);
      assertThat(suffixed.shape()).containsExactly(40L, 25L);
    }
  }

  @Test
  void asksForANameWhereThereAreSeveralMembers() throws IOException {
    ZipBytes zip = new ZipBytes();
    zip.add("a.npy", ZipBytes.STORED, ARRAY);
    zip.add("b\u001b.npy", ZipBytes.STORED, ARRAY);
    Path path = write(zip);

    assertBad(
        path.toString(),
        ": has 2 members, expected one, or a name after the file's: 'a.npy', 'b\\u001b.npy'");
    assertBad(path + ":c", ": has no member 'c', has 'a.npy', 'b\\u001b.npy'");
    assertBad(path + ":", ": has no member ''");
  }

  @Test
  void refusesAnEmptyArchive() throws IOException {
    assertBad(write(new ZipBytes()).toString(), ": has 0 members, expected one");
  }

  @Test
  void refusesEncryptedMembersAndUnknownMethods() throws IOException {
    ZipBytes encrypted = new ZipBytes();
    encrypted.add("x.npy", ZipBytes.DEFLATED, ARRAY).flags = 1;
    assertBad(write(encrypted).toString(), ":x.npy: is encrypted, expected a plain member");

    ZipBytes unknown = new ZipBytes();
    unknown.add("x.npy", ZipBytes.STORED, ARRAY).method = 12;
    assertBad(
        write(unknown).toString(),
        ":x.npy: is packed by zip method 12, expected 0 (stored) or 8 (deflated)");
  }

  @Test
  void refusesTwoMembersOfOneName() throws IOException {
    ZipBytes zip = new ZipBytes();
    zip.add("x.npy", ZipBytes.STORED, ARRAY);
    zip.add("x.npy", ZipBytes.STORED, ARRAY);
    assertBad(write(zip) + ":x", ": has two members named 'x.npy'");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 10, 1127, 1129, 2_000_000_000})
  void refusesASizeThatIsNotTheArrays(long claimed) throws IOException {
    for (int method : new int[] {ZipBytes.STORED, ZipBytes.DEFLATED}) {
      ZipBytes zip = new ZipBytes();
      zip.add("x.npy", method, ARRAY).claimSize(claimed);
      assertBad(
          write(zip).toString(),
          method == ZipBytes.STORED
              ? ":x.npy: is stored in %d bytes but says it has %d".formatted(ARRAY.length, claimed)
              : ":x.npy: the archive gives it %d bytes, expected %d: a header of %d and 40×25"
                  .formatted(claimed, ARRAY.length, ARRAY.length - 1000));
    }
  }

  @Test
  void refusesAStoredMemberWithTooFewOrTooManyBytesForItsArray() throws IOException {
    for (int length : new int[] {ARRAY.length - 1, ARRAY.length + 1}) {
      ZipBytes zip = new ZipBytes();
      zip.add("x.npy", ZipBytes.STORED, Arrays.copyOf(ARRAY, length));
      assertBad(
          write(zip).toString(),
          ":x.npy: ends at byte %d, expected %d bytes: a header of %d and 40×25 uint8"
              .formatted(length, ARRAY.length, ARRAY.length - 1000));
    }
  }

  @Test
  void refusesADeflatedMemberThatUnpacksToLessOrMoreThanItSays() throws IOException {
    ZipBytes less = new ZipBytes();
    less.add("x.npy", ZipBytes.DEFLATED, Arrays.copyOf(ARRAY, ARRAY.length - 1))
        .claimSize(ARRAY.length);
    assertBad(
        write(less).toString(),
        ":x.npy: ends at byte %d, expected %d bytes".formatted(ARRAY.length - 1, ARRAY.length));

    ZipBytes more = new ZipBytes();
    more.add("x.npy", ZipBytes.DEFLATED, Arrays.copyOf(ARRAY, ARRAY.length + 1))
        .claimSize(ARRAY.length);
    assertBad(
        write(more).toString(),
        ":x.npy: goes on after byte %d, expected its end there".formatted(ARRAY.length));
  }

  @Test
  void aBombIsRefusedAtItsHeader() throws IOException {
    byte[] bomb = new byte[16 << 20];
    System.arraycopy(ARRAY, 0, bomb, 0, ARRAY.length);
    ZipBytes honest = new ZipBytes();
    honest.add("x.npy", ZipBytes.DEFLATED, bomb);
    assertBad(write(honest).toString(), ":x.npy: the archive gives it 16777216 bytes, expected 1");

    ZipBytes lying = new ZipBytes();
    lying.add("x.npy", ZipBytes.DEFLATED, bomb).claimSize(ARRAY.length);
    assertBad(write(lying).toString(), ":x.npy: goes on after byte " + ARRAY.length);

    byte[] huge = NpyBytes.zeros("|u1", "(8000000000000000000,)", 1000);
    ZipBytes impossible = new ZipBytes();
    ZipBytes.Member member = impossible.add("x.npy", ZipBytes.DEFLATED, huge);
    member.zip64 = true;
    member.claimSize(huge.length - 1000 + 8_000_000_000_000_000_000L);
    assertBad(
        write(impossible).toString(),
        ":x.npy: has %d packed bytes, too few".formatted(member.packed.length));
  }

  @Test
  void refusesPackedBytesThatAreDamaged() throws IOException {
    ZipBytes wrongSum = new ZipBytes();
    wrongSum.add("x.npy", ZipBytes.DEFLATED, ARRAY).crc++;
    assertBad(write(wrongSum).toString(), ":x.npy: its packed bytes are damaged: their number or");

    ZipBytes cut = new ZipBytes();
    ZipBytes.Member member = cut.add("x.npy", ZipBytes.DEFLATED, ARRAY);
    member.packed = Arrays.copyOf(member.packed, member.packed.length - 20);
    member.packedSize = member.packed.length;
    assertBad(write(cut).toString(), ":x.npy: its packed bytes are damaged: Unexpected end");

    ZipBytes trailing = new ZipBytes();
    ZipBytes.Member padded = trailing.add("x.npy", ZipBytes.DEFLATED, ARRAY);
    padded.packed = Arrays.copyOf(padded.packed, padded.packed.length + 5);
    padded.packedSize = padded.packed.length;
    assertBad(write(trailing).toString(), ":x.npy: its packed bytes are damaged: their number or");

    ZipBytes garbage = new ZipBytes();
    garbage.add("x.npy", ZipBytes.DEFLATED, ARRAY).packed[0] = (byte) 0xff;
    assertBad(write(garbage).toString(), ":x.npy: its packed bytes are damaged: invalid");
  }

  @Test
  void refusesMembersThatReachOutOfTheArchive() throws IOException {
    ZipBytes beyond = new ZipBytes();
    beyond.add("x.npy", ZipBytes.STORED, ARRAY).packedSize = ARRAY.length + 1L;
    assertBad(write(beyond).toString(), ": member 'x.npy' says it has " + (ARRAY.length + 1));

    ZipBytes huge = new ZipBytes();
    ZipBytes.Member member = huge.add("x.npy", ZipBytes.STORED, ARRAY);
    member.zip64 = true;
    member.packedSize = Long.MAX_VALUE;
    assertBad(write(huge).toString(), ": member 'x.npy' says it has " + Long.MAX_VALUE);

    ZipBytes negative = new ZipBytes();
    member = negative.add("x.npy", ZipBytes.STORED, ARRAY);
    member.zip64 = true;
    member.packedSize = -5;
    assertBad(write(negative).toString(), ": member 'x.npy' has a size or a position beyond 2^63");

    ZipBytes away = new ZipBytes();
    away.add("x.npy", ZipBytes.STORED, ARRAY).localOffsetShift = 5000;
    assertBad(write(away).toString(), ": member 'x.npy' stands at byte 5000, expected before");

    ZipBytes inside = new ZipBytes();
    inside.add("x.npy", ZipBytes.STORED, ARRAY).localOffsetShift = 1;
    assertBad(write(inside).toString(), ": member 'x.npy' has no header at byte 1");
  }

  @Test
  void refusesMembersThatContradictTheDirectory() throws IOException {
    ZipBytes name = new ZipBytes();
    name.add("x.npy", ZipBytes.STORED, ARRAY).localName = "y.npy";
    assertBad(write(name).toString(), ": member 'x.npy' has a header of its own with another");

    ZipBytes size = new ZipBytes();
    size.add("x.npy", ZipBytes.STORED, ARRAY).localSize--;
    assertBad(write(size).toString(), ": member 'x.npy' has a header of its own with another");
  }

  @Test
  void refusesDirectoriesThatLie() throws IOException {
    ZipBytes count = new ZipBytes();
    count.add("x.npy", ZipBytes.STORED, ARRAY);
    count.countShift = 1;
    assertBad(write(count).toString(), ": says it has 2 members, its directory has 1");

    ZipBytes size = new ZipBytes();
    size.add("x.npy", ZipBytes.STORED, ARRAY);
    size.directorySizeShift = 1 << 30;
    assertBad(write(size).toString(), ": says its zip directory has 1073741875 bytes at byte");
  }

  @Test
  void refusesAnArchiveCutAnywhereOrWithBytesAfterIt() throws IOException {
    ZipBytes zip = new ZipBytes();
    zip.add("x.npy", ZipBytes.DEFLATED, ARRAY);
    byte[] sound = zip.build();
    Path path = folder.resolve("x.npz");
    for (int length = 4; length < sound.length; length++) {
      Files.write(path, Arrays.copyOf(sound, length));
      assertBad(path.toString(), ": has no zip directory at its end (byte " + length + ")");
    }
    Files.write(path, Arrays.copyOf(sound, sound.length + 1));
    assertBad(path.toString(), ": has no zip directory at its end");
  }

  @Test
  void aStoredMemberCutShortWhileItIsReadIsAnErrorThatNamesThePlace() throws IOException {
    ZipBytes zip = new ZipBytes();
    zip.add("x.npy", ZipBytes.STORED, ARRAY);
    Path path = write(zip);
    try (NumericFile file = NumericFile.open(path)) {
      try (FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
        other.truncate(500);
      }
      assertThatThrownBy(
              () ->
                  file.read(
                      new long[2], new long[] {40, 25}, MemorySegment.ofArray(new byte[1000])))
          .isInstanceOf(InvalidDataException.class)
          .hasMessage(
              "%s:x.npy: ends at byte %d, expected %d bytes; it was cut short while it was read"
                  .formatted(path, 500 - 35, ARRAY.length));
    }
  }

  @Test
  void mutatedArchivesAreReadOrRefusedAndNothingElse() throws IOException {
    Random random = new Random(99);
    Path path = folder.resolve("x.npz");
    int read = 0;
    int rounds = 2_500;
    for (int round = 0; round < rounds; round++) {
      ZipBytes zip = new ZipBytes();
      zip.zip64End = random.nextInt(4) == 0;
      zip.add("x.npy", random.nextBoolean() ? ZipBytes.STORED : ZipBytes.DEFLATED, ARRAY).zip64 =
          random.nextInt(4) == 0;
      byte[] bytes = zip.build();
      for (int change = random.nextInt(4); change >= 0; change--) {
        boolean atTheEnd = random.nextBoolean();
        int at = random.nextInt(atTheEnd ? 170 : bytes.length);
        bytes[atTheEnd ? bytes.length - 1 - at : at] = (byte) random.nextInt(256);
      }
      Files.write(path, bytes);
      try (NumericFile file = NumericFile.open(path)) {
        Inspection.of(file);
        read++;
      } catch (InvalidDataException e) {
        assertThat(e).hasMessageStartingWith(path.toString());
      }
    }
    assertThat(read).as("rounds that left a sound archive").isBetween(10, rounds - 10);
  }

  private Path write(ZipBytes zip) throws IOException {
    return Files.write(folder.resolve("x.npz"), zip.build());
  }

  private void assertBad(String spec, String message) {
    assertThatThrownBy(() -> NumericFile.open(spec))
        .isExactlyInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(folder.resolve("x.npz") + message);
  }
}
