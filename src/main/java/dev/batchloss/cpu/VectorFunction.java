package dev.batchloss.cpu;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import jdk.incubator.vector.Vector;

/**
 * A static method that takes or returns vectors, as a handle to call it by. A method that C2 leaves
 * to be called gets its vectors on the heap, and the loop takes several times as long. Two things
 * make C2 leave it:
 *
 * <ul>
 *   <li>The graph of the loop's method has 18 000 nodes ({@code NodeCountInliningCutoff}), which
 *       two exponentials come to, a kernel inlined before counting too. What a constant handle
 *       refers to is inlined like the methods of {@code jdk.incubator.vector}, whatever has gone
 *       before, if it is not itself longer than {@value #MOST_BYTES} bytes; so within a loop
 *       everything on vectors is called by its handle, in a {@code static final} field, and nothing
 *       by its name.
 *   <li>The method has been compiled by itself, into more than 2500 bytes of machine code ({@code
 *       InlineSmallCode}), which two transcendental functions come to and one does not; no handle
 *       helps. So a method on vectors calls none, but where it is one itself: what holds several is
 *       made of loops, with arrays between them, as {@link ArrayMath} has them.
 * </ul>
 */
final class VectorFunction {
  /** Bytecode of a method that C2 inlines ({@code FreqInlineSize}). */
  static final int MOST_BYTES = 325;

  private VectorFunction() {}

  /** The one static method of the caller's class that has this name and returns a vector. */
  static MethodHandle of(MethodHandles.Lookup caller, String name) {
    try {
      return caller.unreflect(
          Arrays.stream(caller.lookupClass().getDeclaredMethods())
              .filter(method -> method.getName().equals(name))
              .filter(method -> Vector.class.isAssignableFrom(method.getReturnType()))
              .reduce(
                  (one, another) -> {
                    throw new IllegalStateException("two methods on vectors are called " + name);
                  })
              .orElseThrow(() -> new IllegalStateException("no method is called " + name)));
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a call by a handle threw, which declares everything; to be thrown on. */
  static RuntimeException rethrown(Throwable thrown) {
    return switch (thrown) {
      case Error error -> throw error;
      case RuntimeException unchecked -> unchecked;
      default -> new IllegalStateException("a method on vectors throws nothing checked", thrown);
    };
  }
}
