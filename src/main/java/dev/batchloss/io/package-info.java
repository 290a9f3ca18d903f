/**
 * File formats that know numbers and nothing else: NumPy's {@code .npy} (versions 1 to 3) and
 * {@code .npz}, read in pieces of any size and written complete or not at all. Files are never
 * mapped: every byte is read into memory that the caller or this package owns, so a file that is
 * cut short while it is read is an error and not the end of the JVM.
 *
 * <h2>Failures</h2>
 *
 * <ul>
 *   <li>{@link dev.batchloss.data.InvalidDataException}: the bytes that are there are wrong. The
 *       file is truncated, over-long, garbled, of an unknown format, of a type that is not wanted
 *       here, or shrinks while it is read. The message begins with the file's name as the caller
 *       gave it; byte positions count from the start of the {@code .npy}, for a member of an
 *       archive from the start of that member.
 *   <li>{@link java.io.IOException}: the operating system refused. The file is absent ({@link
 *       java.nio.file.NoSuchFileException}), not readable ({@link
 *       java.nio.file.AccessDeniedException}), a folder, on a disk that fails or is full ({@link
 *       java.nio.file.FileSystemException}, which names the file).
 *   <li>{@link java.lang.IllegalArgumentException} and {@link java.lang.IllegalStateException}: the
 *       calling program is wrong, for instance outside an array's shape, or after close.
 * </ul>
 */
@NullMarked
package dev.batchloss.io;

import org.jspecify.annotations.NullMarked;
