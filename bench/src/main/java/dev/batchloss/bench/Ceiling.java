package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * The fastest that the memory of a matrix can be read, copied or rewritten by a number of threads:
 * what a loss is measured against. The bytes beyond the last multiple of {@value Span#GRAIN} are
 * left out.
 */
final class Ceiling implements AutoCloseable {
  private static final long PIECE = 1 << 20;

  private final Span span;
  private final List<Span> alsoRead;
  private final long bytes;
  private final int pieces;
  private final Workers workers;

  /** What is done with the memory. */
  enum Pass {
    /** Every byte is read once: what a loss does. */
    SUM,
    /** As SUM, in a plain loop: shows what the Vector API's loop gains. */
    PLAIN_SUM,
    /** Every byte is read and written elsewhere: what a loss with a gradient does. */
    COPY,
    /** Every byte is read and written where it was: what a gradient in place does. */
    SCALE
  }

  Ceiling(Matrix source, Matrix target, int threads) {
    this(source, target, List.of(), threads);
  }

  /**
   * The ceiling of a loss that reads more than its logits.
   *
   * @param alsoRead matrices of the same shape and type, of which a pass that is not plain reads
   *     every byte besides what it does with the source
   */
  Ceiling(Matrix source, Matrix target, List<Matrix> alsoRead, int threads) {
    this.span = Span.of(source, target);
    this.alsoRead = alsoRead.stream().map(matrix -> Span.of(matrix, matrix)).toList();
    this.bytes = source.rows() * source.classes() * source.type().bytes() / Span.GRAIN * Span.GRAIN;
    this.pieces = Math.toIntExact((bytes + PIECE - 1) / PIECE);
    this.workers = new Workers(threads);
  }

  /** Runs the pass over the whole matrix; returns the sum of what was only read. */
  double run(Pass pass) {
    return switch (pass) {
      case SUM -> run(span::sum);
      case PLAIN_SUM -> run(span::plainSum);
      case COPY -> run((from, to) -> written(() -> span.copy(from, to)));
      case SCALE -> run((from, to) -> written(() -> span.negate(from, to)));
    };
  }

  @Override
  public void close() {
    workers.close();
  }

  private double run(Range range) {
    DoubleAdder total = new DoubleAdder();
    workers.run(
        pieces,
        piece -> {
          long from = from(piece);
          long to = to(piece);
          double sum = range.run(from, to);
          for (Span other : alsoRead) {
            sum += other.sum(from, to);
          }
          total.add(sum);
        });
    return total.sum();
  }

  private static double written(Runnable pass) {
    pass.run();
    return 0;
  }

  private long from(int piece) {
    return piece * PIECE;
  }

  private long to(int piece) {
    return Math.min(bytes, (piece + 1) * PIECE);
  }

  /** What is done with the bytes from the first to before the second place; returns a sum. */
  private interface Range {
    double run(long from, long to);
  }
}
