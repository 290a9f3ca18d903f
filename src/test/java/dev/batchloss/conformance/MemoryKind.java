package dev.batchloss.conformance;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Where numbers may lie. What is allocated is filled with NaN, so that reading a gap shows. */
enum MemoryKind {
  /** An array of the element type's own width. */
  ARRAY {
    @Override
    MemorySegment allocate(ElementType type, int elements) {
      return switch (type) {
        case FLOAT32 -> MemorySegment.ofArray(new float[elements]);
        case FLOAT64 -> MemorySegment.ofArray(new double[elements]);
        case FLOAT16, BFLOAT16 -> MemorySegment.ofArray(new short[elements]);
      };
    }
  },
  /** Native memory on a cache line's boundary. */
  NATIVE {
    @Override
    MemorySegment allocate(ElementType type, int elements) {
      return Arena.ofAuto().allocate((long) elements * type.bytes(), 64);
    }
  },
  /** Native memory at an odd address. */
  UNALIGNED {
    @Override
    MemorySegment allocate(ElementType type, int elements) {
      return Arena.ofAuto().allocate((long) elements * type.bytes() + 1, 64).asSlice(1);
    }
  },
  /** The middle of a byte array. */
  BYTES {
    @Override
    MemorySegment allocate(ElementType type, int elements) {
      return MemorySegment.ofArray(new byte[elements * type.bytes() + 3]).asSlice(3);
    }
  },
  /** A direct buffer. */
  DIRECT {
    @Override
    MemorySegment allocate(ElementType type, int elements) {
      return MemorySegment.ofBuffer(ByteBuffer.allocateDirect(elements * type.bytes()));
    }
  },
  /** Native memory that can only be read once {@link #finish} has been called. */
  READ_ONLY {
    @Override
    MemorySegment allocate(ElementType type, int elements) {
      return NATIVE.allocate(type, elements);
    }

    @Override
    Matrix finish(Matrix matrix) {
      return Matrix.strided(
          matrix.segment().asReadOnly(),
          matrix.type(),
          matrix.outer(),
          matrix.classes(),
          matrix.inner(),
          matrix.outerStride(),
          matrix.classStride(),
          matrix.innerStride());
    }
  };

  private static final byte NAN_IN_EVERY_TYPE = (byte) 0xff;

  abstract MemorySegment allocate(ElementType type, int elements);

  MemorySegment allocateNans(ElementType type, int elements) {
    return allocate(type, elements).fill(NAN_IN_EVERY_TYPE);
  }

  /** Returns the view to hand over once its elements are written. */
  Matrix finish(Matrix matrix) {
    return matrix;
  }
}
