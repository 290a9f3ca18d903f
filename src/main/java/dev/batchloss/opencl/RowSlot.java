package dev.batchloss.opencl;

import dev.batchloss.data.Matrix;
import dev.batchloss.device.RowChunk;
import dev.batchloss.device.RowFolding;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A queue and the memory of one chunk on its way: started, and collected when its results are
 * there. Two of them take turns, so that the host prepares and folds one chunk while the device
 * works on the other. Used by one thread at a time.
 */
final class RowSlot implements AutoCloseable {
  private final CommandQueue queue;
  private final MatrixTransfer input;
  private final MatrixTransfer distributions;
  private final MatrixTransfer output;
  private final StagedBuffer targets;
  private final StagedBuffer rowFactors;
  private final StagedBuffer classWeights;
  private final StagedBuffer columns;
  private final StagedBuffer segments;
  private final StagedBuffer scalars;

  private @Nullable RowCall call;
  private @Nullable RowKernels kernels;
  private @Nullable RowChunk chunk;

  /**
   * Makes one without memory.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  RowSlot(DeviceContext context) {
    this.queue = context.newQueue();
    this.input = new MatrixTransfer(context);
    this.distributions = new MatrixTransfer(context);
    this.output = new MatrixTransfer(context);
    this.targets = new StagedBuffer(context);
    this.rowFactors = new StagedBuffer(context);
    this.classWeights = new StagedBuffer(context);
    this.columns = new StagedBuffer(context);
    this.segments = new StagedBuffer(context);
    this.scalars = new StagedBuffer(context);
  }

  /** Returns the queue, for work before the first chunk. */
  CommandQueue queue() {
    return queue;
  }

  /** Returns the memory for class targets, for work before the first chunk. */
  StagedBuffer targets() {
    return targets;
  }

  /** Returns the memory for what a look at the targets finds; it is that of the columns. */
  StagedBuffer found() {
    return columns;
  }

  /** Prepares for the chunks of a call. */
  void begin(RowCall newCall, Program program) {
    call = newCall;
    kernels = new RowKernels(newCall.program.variant(), program);
    long bytes = newCall.weightBytes();
    if (bytes > 0) {
      classWeights.reserve(bytes);
      newCall.writeWeights(classWeights.beginWrite(queue, bytes));
      classWeights.endWrite(queue, bytes);
    }
  }

  /** Returns whether a chunk is on its way. */
  boolean isBusy() {
    return chunk != null;
  }

  /** Sends a chunk and lets the device work on it; returns without waiting for that. */
  void start(RowChunk next) {
    RowCall current = Objects.requireNonNull(call);
    chunk = next;
    Matrix outputView = outputView(next);
    columns.reserve(current.columnBytes(next));
    RowArguments.Buffers buffers =
        new RowArguments.Buffers(
            input.send(queue, next.viewOf(current.request.input())),
            outputView == null ? null : output.receiver(outputView, !current.request.inPlace()),
            columns.buffer(),
            sendTargets(current, next),
            current.distributions == null
                ? null
                : distributions.send(queue, next.viewOf(current.distributions)),
            sendFactors(current, next),
            current.weightBytes() > 0 ? classWeights.buffer() : null);
    Objects.requireNonNull(kernels)
        .launch(queue, current.arguments, buffers, next, segments, scalars);
    columns.beginRead(queue, current.columnBytes(next));
    if (outputView != null) {
      output.beginReturn(queue, outputView);
    }
    queue.flush();
  }

  /** Waits for the chunk, hands its rows over and completes its part of the output matrix. */
  void collect(RowFolding folding) {
    RowCall current = Objects.requireNonNull(call);
    RowChunk done = Objects.requireNonNull(chunk);
    queue.finish();
    folding.fold(
        columns.host(current.columnBytes(done)),
        current.program.arithmetic(),
        done.firstRow(),
        done.rows());
    columns.endRead(queue);
    Matrix outputView = outputView(done);
    if (outputView != null) {
      output.endReturn(queue, outputView);
    }
    releaseChunk();
  }

  /** Waits until nothing of a call is on its way any more, and lets go of it. */
  void end() {
    try {
      queue.finish();
    } finally {
      releaseChunk();
      if (kernels != null) {
        kernels.close();
        kernels = null;
      }
      call = null;
    }
  }

  @Override
  public void close() {
    input.close();
    distributions.close();
    output.close();
    for (StagedBuffer memory :
        List.of(targets, rowFactors, classWeights, columns, segments, scalars)) {
      memory.close();
    }
    queue.close();
  }

  private void releaseChunk() {
    input.release();
    distributions.release();
    output.release();
    chunk = null;
  }

  private @Nullable Matrix outputView(RowChunk of) {
    Matrix whole = Objects.requireNonNull(call).request.output();
    return whole == null ? null : of.viewOf(whole);
  }

  private @Nullable DeviceBuffer sendTargets(RowCall current, RowChunk next) {
    long bytes = current.targetBytes(next);
    if (bytes == 0) {
      return null;
    }
    targets.reserve(bytes);
    current.writeTargets(next, targets.beginWrite(queue, bytes));
    targets.endWrite(queue, bytes);
    return targets.buffer();
  }

  private @Nullable DeviceBuffer sendFactors(RowCall current, RowChunk next) {
    long bytes = current.factorBytes(next);
    if (bytes == 0) {
      return null;
    }
    rowFactors.reserve(bytes);
    current.writeFactors(next, rowFactors.beginWrite(queue, bytes));
    rowFactors.endWrite(queue, bytes);
    return rowFactors.buffer();
  }
}
