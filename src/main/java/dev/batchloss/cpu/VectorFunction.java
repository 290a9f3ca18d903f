package dev.batchloss.cpu;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import jdk.incubator.vector.Vector;

/**
 * A static method that takes or returns vectors, as a handle to call it by. C2 inlines a method
 * into a loop only as long as the graph it builds has fewer than 18 000 nodes ({@code
 * NodeCountInliningCutoff}), which two exponentials come to, a kernel inlined before counting too.
 * A method it then leaves to be called gets its vectors on the heap, and the loop takes ten times
 * as long. What a constant handle refers to is inlined like the methods of {@code
 * jdk.incubator.vector}, whatever has gone before, if it is not itself longer than {@value
 * #MOST_BYTES} bytes; so within a loop everything on vectors is called by its handle, in a {@code
 * static final} field, and nothing by its name.
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
