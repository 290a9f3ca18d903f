package dev.batchloss.opencl;

import dev.batchloss.data.Matrix;
import dev.batchloss.device.ChunkSlot;
import dev.batchloss.device.ElementWeights;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.device.RowFolding;
import dev.batchloss.device.RunProgress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A queue and the memory of one chunk on its way. Used by one thread at a time. */
final class RowSlot implements ChunkSlot {
  private final CommandQueue queue;
  private final MatrixTransfer input;
  private final MatrixTransfer targetMatrix;
  private final MatrixTransfer output;
  private final StagedBuffer targets;
  private final StagedBuffer rowFactors;
  private final StagedBuffer classWeights;
  private final StagedBuffer elementWeights;
  private final StagedBuffer found;
  private final StagedBuffer columns;
  private final StagedBuffer segments;
  private final StagedBuffer scalars;

  private @Nullable RowCall call;
  private @Nullable ChunkKernels kernels;
  private @Nullable RowChunk chunk;

  /**
   * Makes one without memory.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  RowSlot(DeviceContext context) {
    this.queue = context.newQueue();
    this.input = new MatrixTransfer(context, queue);
    this.targetMatrix = new MatrixTransfer(context, queue);
    this.output = new MatrixTransfer(context, queue);
    this.targets = new StagedBuffer(context, queue);
    this.rowFactors = new StagedBuffer(context, queue);
    this.classWeights = new StagedBuffer(context, queue);
    this.elementWeights = new StagedBuffer(context, queue);
    this.found = new StagedBuffer(context, queue);
    this.columns = new StagedBuffer(context, queue);
    this.segments = new StagedBuffer(context, queue);
    this.scalars = new StagedBuffer(context, queue);
  }

  /** Returns the queue, for work before the first chunk. */
  CommandQueue queue() {
    return queue;
  }

  /** Returns the memory for class targets, for work before the first chunk. */
  StagedBuffer targets() {
    return targets;
  }

  /** Returns the memory for what a look at the targets finds. */
  StagedBuffer found() {
    return found;
  }

  /** Prepares for the chunks of a call. */
  void begin(RowCall newCall, CallProgram program, Program compiled) {
    call = newCall;
    kernels = program.kernels(compiled, newCall);
    long bytes = newCall.weightBytes();
    if (bytes > 0) {
      classWeights.reserve(bytes);
      newCall.writeWeights(classWeights.beginWrite(bytes));
      classWeights.endWrite(bytes);
    }
  }

  @Override
  public boolean isBusy() {
    return chunk != null;
  }

  @Override
  public void start(RowChunk next) {
    RowCall current = Objects.requireNonNull(call);
    Matrix allTargets = current.targetMatrix();
    chunk = next;
    columns.reserve(current.columnBytes(next));
    ChunkBuffers buffers =
        new ChunkBuffers(
            sendInput(current, next),
            receiver(current, next),
            columns.buffer(),
            sendTargets(current, next),
            allTargets == null ? null : targetMatrix.send(next.viewOf(allTargets)),
            sendFactors(current, next),
            current.weightBytes() > 0 ? classWeights.buffer() : null,
            sendElementWeights(current, next));
    Objects.requireNonNull(kernels).launch(queue, buffers, next, segments, scalars);
    readyForNext();
    columns.beginRead(current.columnBytes(next));
    Matrix outputView = outputView(next);
    if (outputView != null) {
      output.beginReturn(outputView);
    }
    queue.flush();
  }

  @Override
  public void collect(RowFolding folding, RunProgress progress) {
    RowCall current = Objects.requireNonNull(call);
    RowChunk done = Objects.requireNonNull(chunk);
    queue.finish();
    folding.fold(
        columns.host(current.columnBytes(done)),
        current.arithmetic(),
        done.firstRow(),
        done.rows());
    Matrix outputView = outputView(done);
    if (outputView != null) {
      output.endReturn(outputView);
    }
    progress.collected(done);
    releaseChunk();
  }

  @Override
  public void end() {
    try {
      // After a collected chunk nothing is left to wait for.
      if (isBusy()) {
        queue.finish();
      }
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
    targetMatrix.close();
    output.close();
    for (StagedBuffer memory :
        List.of(
            targets, rowFactors, classWeights, elementWeights, found, columns, segments, scalars)) {
      memory.close();
    }
    queue.close();
  }

  private void readyForNext() {
    input.ready();
    targetMatrix.ready();
    targets.ready();
    rowFactors.ready();
    elementWeights.ready();
  }

  private void releaseChunk() {
    columns.endRead();
    input.release();
    targetMatrix.release();
    output.release();
    chunk = null;
  }

  /** What of a host matrix the chunk writes; null where it writes none, or one of the device. */
  private @Nullable Matrix outputView(RowChunk of) {
    return Objects.requireNonNull(call).request().output() instanceof Matrix whole
        ? of.viewOf(whole)
        : null;
  }

  private ChunkBuffers.Place sendInput(RowCall current, RowChunk next) {
    return switch (current.request().input()) {
      case OpenClMatrix whole -> new ChunkBuffers.Place(whole.buffer(), next.packedOffset());
      case Matrix whole -> new ChunkBuffers.Place(input.send(next.viewOf(whole)), 0);
      default -> throw new IllegalStateException("an input that is nowhere");
    };
  }

  private ChunkBuffers.@Nullable Place receiver(RowCall current, RowChunk next) {
    return switch (current.request().output()) {
      case null -> null;
      case OpenClMatrix whole -> new ChunkBuffers.Place(whole.buffer(), next.packedOffset());
      case Matrix whole ->
          new ChunkBuffers.Place(
              output.receiver(next.viewOf(whole), !current.request().inPlace()), 0);
      default -> throw new IllegalStateException("an output that is nowhere");
    };
  }

  private @Nullable DeviceBuffer sendTargets(RowCall current, RowChunk next) {
    long bytes = current.targetBytes(next);
    if (bytes == 0) {
      return null;
    }
    targets.reserve(bytes);
    current.writeTargets(next, targets.beginWrite(bytes));
    targets.endWrite(bytes);
    return targets.buffer();
  }

  private @Nullable DeviceBuffer sendFactors(RowCall current, RowChunk next) {
    long bytes = current.factorBytes(next);
    if (bytes == 0) {
      return null;
    }
    rowFactors.reserve(bytes);
    current.writeFactors(next, rowFactors.beginWrite(bytes));
    rowFactors.endWrite(bytes);
    return rowFactors.buffer();
  }

  private ChunkBuffers.@Nullable Weights sendElementWeights(RowCall current, RowChunk next) {
    ElementWeights weights = current.elementWeights(next);
    if (weights == null) {
      return null;
    }
    elementWeights.reserve(weights.bytes());
    weights.write(elementWeights.beginWrite(weights.bytes()));
    elementWeights.endWrite(weights.bytes());
    return new ChunkBuffers.Weights(elementWeights.buffer(), weights);
  }
}
