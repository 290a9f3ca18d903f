package dev.batchloss.io;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * An array of numbers in an open file: a {@code .npy} file, or a member of a {@code .npz} archive.
 * Any hyper-rectangle of it can be read at any time, into memory of the caller's, in the logical
 * order of the axes and in native byte order, whatever the file has.
 *
 * <p>Memory is constant: a header, and a few megabytes for each read in progress where the bytes
 * cannot go straight to their place. Deflated members are unpacked to a temporary file when opened,
 * which {@link #close} deletes.
 *
 * <p>Safe to use from many threads at once. All methods that read block. A thread that is
 * interrupted while it reads closes the file, with {@link
 * java.nio.channels.ClosedByInterruptException}.
 */
public final class NumericFile implements AutoCloseable {
  private final Path path;
  private final NpyHeader header;
  private final FileBytes bytes;

  private NumericFile(Path path, NpyHeader header, FileBytes bytes) {
    this.path = path;
    this.header = header;
    this.bytes = bytes;
  }

  /**
   * Opens an array and checks that the file is exactly as long as its header says.
   *
   * @param spec the path of a {@code .npy} file, or of a {@code .npz} file with one member, or
   *     {@code path:member}, the member's name with or without {@code .npy}. What is a path of an
   *     existing file as a whole is never taken apart. The contents, not the names, decide which
   *     format it is.
   * @throws InvalidDataException if the file is not a sound array of plain numbers, or the archive
   *     is damaged, has no such member, or several and none was named
   * @throws IOException if the file cannot be opened or read, or a deflated member not be unpacked
   */
  public static NumericFile open(String spec) throws IOException {
    FileSpec parsed = FileSpec.parse(spec);
    String name =
        parsed.member() == null
            ? spec
            : spec.substring(0, spec.length() - parsed.member().length() - 1);
    return open(name, parsed);
  }

  /**
   * Opens a {@code .npy} file, or a {@code .npz} file with one member, like {@link #open(String)}.
   *
   * @throws InvalidDataException if the file is not a sound array of plain numbers
   * @throws IOException if the file cannot be opened or read
   */
  public static NumericFile open(Path path) throws IOException {
    return open(path.toString(), new FileSpec(path, null));
  }

  private static NumericFile open(String name, FileSpec spec) throws IOException {
    FileBytes file = FileBytes.open(name, spec.path());
    try {
      FileBytes array = file;
      if (isArchive(file)) {
        array = NpzArchive.read(file).open(spec.member());
      } else if (spec.member() != null) {
        throw new InvalidDataException(
            "%s: is not a .npz archive, expected one with a member %s"
                .formatted(name, Quoted.of(spec.member())));
      }
      return of(spec.path(), array);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private static NumericFile of(Path path, FileBytes array) throws IOException {
    try {
      NpyHeader header = NpyHeader.read(array.name(), array.stream());
      if (array.length() != header.fileBytes()) {
        throw new InvalidDataException(
            "%s: ends at byte %d, expected %d bytes: a header of %d and %s"
                .formatted(
                    array.name(),
                    array.length(),
                    header.fileBytes(),
                    header.dataOffset(),
                    header.description()));
      }
      return new NumericFile(path, header, array);
    } catch (Throwable e) {
      array.close();
      throw e;
    }
  }

  private static boolean isArchive(FileBytes file) throws IOException {
    if (file.length() < Integer.BYTES) {
      return false;
    }
    int start =
        ByteBuffer.wrap(file.readBytes(0, Integer.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    return start == ZipDirectory.LOCAL_SIGNATURE || start == ZipDirectory.END_SIGNATURE;
  }

  /** Returns the name for messages: the spec as given, for archives with the member's full name. */
  public String name() {
    return bytes.name();
  }

  /** Returns the path of the file; for a member, of its archive. */
  public Path path() {
    return path;
  }

  /** Returns what the file says about itself. */
  public NpyHeader header() {
    return header;
  }

  /** Returns the length of each axis; empty for a single number. */
  public List<Long> shape() {
    return header.shape();
  }

  /** Returns the format of the elements, in the file and as they are read. */
  public NumericType type() {
    return header.type();
  }

  /**
   * The same open file with its 16-bit unsigned integers taken for bfloat16, as tools write it that
   * NumPy has no type for. Closing either closes both.
   *
   * @throws InvalidDataException if the elements are not UINT16
   */
  public NumericFile reinterpretUint16AsBfloat16() {
    if (type() != NumericType.UINT16) {
      throw new InvalidDataException(
          "%s: has elements of type %s, expected uint16 to read as bfloat16"
              .formatted(name(), type().label()));
    }
    return new NumericFile(path, header.withType(NumericType.BFLOAT16), bytes);
  }

  /**
   * Reads the elements whose index on each axis {@code a} lies in {@code [from[a], from[a] +
   * count[a])}.
   *
   * @param from the first index on each axis
   * @param count the number of indices on each axis
   * @param into receives the elements from its start on, in C order of the axes, in native byte
   *     order, each as wide as in the file; on heap or off, aligned or not, off heap is faster. Its
   *     contents are unspecified after an exception
   * @throws IllegalArgumentException if the region leaves the array or {@code into} is too small
   * @throws IllegalStateException if the file is closed
   * @throws InvalidDataException if the file has become shorter than it was
   * @throws IOException if the file cannot be read
   */
  public void read(long[] from, long[] count, MemorySegment into) throws IOException {
    Region.requireInside(from, count, shape());
    long needed = type().bytes();
    for (long length : count) {
      needed *= length;
    }
    if (into.byteSize() < needed) {
      throw new IllegalArgumentException(
          "into has %d bytes, the region needs %d".formatted(into.byteSize(), needed));
    }
    MemorySegment target = into.asSlice(0, needed);
    RegionReader reader = new RegionReader(bytes, header.dataOffset(), type().bytes());
    if (header.arrayOrder() == ArrayOrder.C || header.dimensions() < 2) {
      reader.read(Region.of(header.shapeInFileOrder(), from, count), target);
    } else {
      new FortranReader(header, bytes, reader).read(from, count, target);
    }
    toNativeOrder(target);
  }

  /**
   * Reads like {@link #read} and returns a view of what was read: the axes before {@code classAxis}
   * make the outer axis, those after it the inner one.
   *
   * @param classAxis the axis of the classes, from 0
   * @param into the memory to fill, which the matrix views and the caller keeps
   * @throws InvalidDataException if the elements are no floating-point numbers, or there are 2^31
   *     classes or more
   * @throws IllegalArgumentException as {@link #read}, or if there is no such axis
   * @throws IOException if the file cannot be read
   */
  public Matrix readMatrix(long[] from, long[] count, int classAxis, MemorySegment into)
      throws IOException {
    ElementType elementType =
        type()
            .elementType()
            .orElseThrow(
                () ->
                    new InvalidDataException(
                        "%s: has elements of type %s, expected floating-point numbers"
                            .formatted(name(), type().label())));
    if (classAxis < 0 || classAxis >= count.length) {
      throw new IllegalArgumentException(
          "classAxis is %d, must be in 0..%d".formatted(classAxis, count.length - 1));
    }
    if (count[classAxis] > Integer.MAX_VALUE) {
      throw new InvalidDataException(
          "%s: has %d classes, expected less than 2^31".formatted(name(), count[classAxis]));
    }
    read(from, count, into);
    long outer = 1;
    long inner = 1;
    for (int axis = 0; axis < count.length; axis++) {
      outer *= axis < classAxis ? count[axis] : 1;
      inner *= axis > classAxis ? count[axis] : 1;
    }
    return Matrix.of(into, elementType, outer, (int) count[classAxis], inner);
  }

  /**
   * Reads elements as they follow each other in the file, in native byte order.
   *
   * @param firstElement the first one's place in the file, counted from 0
   * @param into is filled; its length is a multiple of the element's
   */
  void readInFileOrder(long firstElement, MemorySegment into) throws IOException {
    Objects.checkFromIndexSize(firstElement, into.byteSize() / type().bytes(), header.elements());
    bytes.readFully(header.dataOffset() + firstElement * type().bytes(), into);
    toNativeOrder(into);
  }

  /** Closes the file; a temporary one is deleted. Closing again does nothing. */
  @Override
  public void close() throws IOException {
    bytes.close();
  }

  private void toNativeOrder(MemorySegment elements) {
    ValueLayout layout =
        switch (type().bytes()) {
          case 1 -> ValueLayout.JAVA_BYTE;
          case 2 -> ValueLayout.JAVA_SHORT_UNALIGNED;
          case 4 -> ValueLayout.JAVA_INT_UNALIGNED;
          default -> ValueLayout.JAVA_LONG_UNALIGNED;
        };
    if (layout.byteSize() == 1 || header.byteOrder() == ByteOrder.nativeOrder()) {
      return;
    }
    MemorySegment.copy(
        elements,
        layout.withOrder(header.byteOrder()),
        0,
        elements,
        layout.withOrder(ByteOrder.nativeOrder()),
        0,
        elements.byteSize() / layout.byteSize());
  }
}
