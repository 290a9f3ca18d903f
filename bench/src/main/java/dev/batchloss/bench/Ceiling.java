package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * The fastest that the memory of a matrix can be read, copied or rewritten by a number of threads:
 * what a loss is measured against. The bytes beyond the last multiple of {@value Span#GRAIN} are
 * left out.
 */
final class Ceiling implements AutoCloseable {
  private static final long PIECE = 1 << 20;

  private final Span span;
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
    this.span = Span.of(source, target);
    this.bytes = source.rows() * source.classes() * source.type().bytes() / Span.GRAIN * Span.GRAIN;
    this.pieces = Math.toIntExact((bytes + PIECE - 1) / PIECE);
    this.workers = new Workers(threads);
  }

  /** Runs the pass over the whole matrix; a sum returns what it found, others 0. */
  double run(Pass pass) {
    return switch (pass) {
      case SUM -> sum();
      case PLAIN_SUM -> plainSum();
      case COPY -> copy();
      case SCALE -> scale();
    };
  }

  @Override
  public void close() {
    workers.close();
  }

  private double sum() {
    DoubleAdder total = new DoubleAdder();
    workers.run(pieces, piece -> total.add(span.sum(from(piece), to(piece))));
    return total.sum();
  }

  private double plainSum() {
    DoubleAdder total = new DoubleAdder();
    workers.run(pieces, piece -> total.add(span.plainSum(from(piece), to(piece))));
    return total.sum();
  }

  private double copy() {
    workers.run(pieces, piece -> span.copy(from(piece), to(piece)));
    return 0;
  }

  private double scale() {
    workers.run(pieces, piece -> span.negate(from(piece), to(piece)));
    return 0;
  }

  private long from(int piece) {
    return piece * PIECE;
  }

  private long to(int piece) {
    return Math.min(bytes, (piece + 1) * PIECE);
  }
}
