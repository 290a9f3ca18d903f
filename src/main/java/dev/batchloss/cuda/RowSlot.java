package dev.batchloss.cuda;

import dev.batchloss.cuda.RowParameters.Place;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.device.ElementWeights;
import dev.batchloss.device.ParkedChunk;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.device.RowFolding;
import dev.batchloss.device.RunProgress;
import dev.batchloss.device.SharingSlot;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a device and the memory of one chunk on its way. While one slot's kernels run,
 * others' chunks are copied in and out. Used by one thread at a time.
 */
final class RowSlot implements SharingSlot {
  private final OpenDevice device;
  private final Stream stream;
  private final Event kernelsStart;
  private final Event kernelsEnd;
  private final MatrixTransfer input;
  private final MatrixTransfer targetMatrix;
  private final MatrixTransfer output;
  private final StagedBuffer targets;
  private final StagedBuffer rowFactors;
  private final StagedBuffer elementWeights;
  private final StagedBuffer classWeights;
  private final StagedBuffer found;
  private final StagedBuffer columns;
  private final StagedBuffer segments;
  private final StagedBuffer rowScalars;
  private final MemorySegment parameters =
      Arena.ofAuto()
          .allocate(Math.max(RowParameters.BYTES, ComparisonParameters.BYTES), Long.BYTES);

  private @Nullable RowCall call;
  private @Nullable RowKernels kernels;
  private @Nullable CallMemory memory;
  private @Nullable RowChunk chunk;
  private String running = "";
  private double kernelSeconds;

  /**
   * Makes one without memory.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  RowSlot(OpenDevice device) {
    CudaContext context = device.context();
    this.device = device;
    this.stream = context.newStream();
    this.kernelsStart = context.newEvent();
    this.kernelsEnd = context.newEvent();
    this.input = new MatrixTransfer(context, stream);
    this.targetMatrix = new MatrixTransfer(context, stream);
    this.output = new MatrixTransfer(context, stream);
    this.targets = new StagedBuffer(context);
    this.rowFactors = new StagedBuffer(context);
    this.elementWeights = new StagedBuffer(context);
    this.classWeights = new StagedBuffer(context);
    this.found = new StagedBuffer(context);
    this.columns = new StagedBuffer(context);
    this.segments = new StagedBuffer(context);
    this.rowScalars = new StagedBuffer(context);
  }

  /** Returns the device it is on. */
  OpenDevice device() {
    return device;
  }

  /** Returns the stream, for work before the first chunk. */
  Stream stream() {
    return stream;
  }

  /** Returns the memory for class targets, for work before the first chunk. */
  StagedBuffer targets() {
    return targets;
  }

  /** Returns the memory for what a look at the targets finds. */
  StagedBuffer found() {
    return found;
  }

  /** Returns pinned memory for copies of whole matrices, while no chunk is on its way. */
  MemorySegment staging(long bytes) {
    return input.staged().host(bytes);
  }

  /** Returns how long kernels have run since this was asked last, by the device's clock. */
  double takeKernelSeconds() {
    double taken = kernelSeconds;
    kernelSeconds = 0;
    return taken;
  }

  /** Prepares for the chunks of a call. */
  void begin(RowCall newCall, RowKernels newKernels, CallMemory newMemory) {
    call = newCall;
    kernels = newKernels;
    memory = newMemory;
    long bytes = newCall.weightBytes();
    if (bytes > 0) {
      MemorySegment host = classWeights.host(bytes);
      newCall.writeWeights(host);
      stream.copyIn(classWeights.device(bytes), 0, host);
    }
  }

  @Override
  public boolean isBusy() {
    return chunk != null;
  }

  @Override
  public void start(RowChunk next) {
    RowCall current = Objects.requireNonNull(call);
    RowKernels chosen = Objects.requireNonNull(kernels);
    KernelModule module = device.module(chosen.module());
    List<RowLaunch> launches =
        chosen.launches(
            next.rows(), multiprocessors(), name -> module.function(name).dynamicShared());
    chunk = next;
    running = describe(launches, module, next);
    switch (chosen) {
      case RowProgram program -> sendRows(program, current, next, launches);
      case ComparisonProgram program -> sendComparison(program, current, next);
    }
    stream.record(kernelsStart);
    for (RowLaunch launch : launches) {
      stream.launch(module.function(launch.kernel()), launch, new HostPointer(parameters));
    }
    stream.record(kernelsEnd);
    long columnBytes = current.columnBytes(next);
    if (columnBytes > 0) {
      stream.copyOut(columns.device(columnBytes), 0, columns.host(columnBytes));
    }
    Matrix outputView = outputView(next);
    if (outputView != null) {
      output.beginReturn(outputView, isWrittenDirectly(outputView));
    }
  }

  @Override
  public void collect(RowFolding folding, RunProgress progress) {
    RowCall current = Objects.requireNonNull(call);
    RowChunk done = await();
    folding.fold(hostColumns(current, done), current.arithmetic(), done.firstRow(), done.rows());
    completeOutput(done);
    progress.collected(done);
    chunk = null;
  }

  @Override
  public boolean hasArrived() {
    return stream.isDone(running);
  }

  @Override
  public ParkedChunk park() {
    RowCall current = Objects.requireNonNull(call);
    RowChunk done = await();
    Matrix overwritten = current.request().inPlace() ? outputView(done) : null;
    ParkedChunk parked =
        new ParkedChunk(
            done,
            current.arithmetic(),
            hostColumns(current, done),
            overwritten == null ? MemorySegment.NULL : output.returned(overwritten),
            returned -> MatrixTransfer.complete(Objects.requireNonNull(overwritten), returned));
    if (overwritten == null) {
      completeOutput(done);
    }
    chunk = null;
    return parked;
  }

  @Override
  public void end() {
    try {
      // What began a call may be on its way where no chunk is.
      if (call != null) {
        stream.synchronize(isBusy() ? running : "waiting for the device");
      }
    } finally {
      chunk = null;
      call = null;
      kernels = null;
      memory = null;
    }
  }

  @Override
  public void close() {
    List.of(input, targetMatrix, output).forEach(MatrixTransfer::close);
    List.of(targets, rowFactors, elementWeights, classWeights, found, columns, segments, rowScalars)
        .forEach(StagedBuffer::close);
    kernelsStart.close();
    kernelsEnd.close();
    stream.close();
  }

  private RowChunk await() {
    RowChunk done = Objects.requireNonNull(chunk);
    stream.synchronize(running);
    kernelSeconds += kernelsEnd.secondsSince(kernelsStart);
    return done;
  }

  private MemorySegment hostColumns(RowCall current, RowChunk of) {
    long bytes = current.columnBytes(of);
    return bytes == 0 ? MemorySegment.NULL : columns.host(bytes);
  }

  private void completeOutput(RowChunk of) {
    Matrix outputView = outputView(of);
    if (outputView != null) {
      output.endReturn(outputView, isWrittenDirectly(outputView));
    }
  }

  /** Sends what kernels of a row plan take. */
  private void sendRows(
      RowProgram program, RowCall current, RowChunk next, List<RowLaunch> launches) {
    boolean isSplit = program.isSplit(next.rows(), multiprocessors());
    long parts = (long) next.rows() * program.segments();
    new RowParameters(
            sendInput(current, next),
            receiver(current, next),
            sendTargetMatrix(current, next),
            columnAddress(current, next),
            sendTargets(current, next),
            sendFactors(current, next),
            weightAddress(current),
            isSplit ? segments.device(parts * RowParameters.BYTES_OF_TOTALS).address() : 0,
            isSplit
                ? rowScalars.device((long) next.rows() * RowParameters.BYTES_OF_SCALARS).address()
                : 0,
            0,
            0)
        .writeTo(
            parameters,
            RowParameters.Rows.of(current, next),
            program.lanes(),
            flags(current, launches));
  }

  /** Sends what kernels of a comparison plan take. */
  private void sendComparison(ComparisonProgram program, RowCall current, RowChunk next) {
    new ComparisonParameters(
            sendInput(current, next),
            receiver(current, next),
            sendTargetMatrix(current, next),
            sendElementWeights(current, next),
            columnAddress(current, next),
            sendFactors(current, next),
            weightAddress(current))
        .writeTo(parameters, RowParameters.Rows.of(current, next), program);
  }

  private int multiprocessors() {
    return device.context().device().multiprocessors();
  }

  private static String describe(List<RowLaunch> launches, KernelModule module, RowChunk next) {
    return launches.stream()
        .map(launch -> launch.describe(module.name()))
        .collect(Collectors.joining(", ", "running ", " on " + next));
  }

  private static int flags(RowCall current, List<RowLaunch> launches) {
    boolean keepsRow = launches.getFirst().sharedBytes() > 0;
    return RowFlag.of(current.request()) | (keepsRow ? RowFlag.KEEPS_ROW.bit() : 0);
  }

  private boolean isDirect(@Nullable MatrixShape whole, Matrix view) {
    return whole instanceof Matrix host && Objects.requireNonNull(memory).isDirect(host, view);
  }

  /** What goes over the input is pinned as the input, and takes the detour all the same. */
  private boolean isWrittenDirectly(Matrix view) {
    RowRequest<?> request = Objects.requireNonNull(call).request();
    return !request.inPlace() && isDirect(request.output(), view);
  }

  /** What of a host matrix the chunk writes; null where it writes none, or one of the device. */
  private @Nullable Matrix outputView(RowChunk of) {
    return Objects.requireNonNull(call).request().output() instanceof Matrix whole
        ? of.viewOf(whole)
        : null;
  }

  private Place sendInput(RowCall current, RowChunk next) {
    return switch (current.request().input()) {
      case CudaMatrix whole -> whole.place(next);
      case Matrix whole -> send(input, whole, next);
      default -> throw new IllegalStateException("an input that is nowhere");
    };
  }

  private Place receiver(RowCall current, RowChunk next) {
    return switch (current.request().output()) {
      case null -> Place.NONE;
      case CudaMatrix whole -> whole.place(next);
      case Matrix whole -> {
        Matrix view = next.viewOf(whole);
        yield output.receiver(view, isWrittenDirectly(view));
      }
      default -> throw new IllegalStateException("an output that is nowhere");
    };
  }

  private Place sendTargetMatrix(RowCall current, RowChunk next) {
    Matrix whole = current.targetMatrix();
    return whole == null ? Place.NONE : send(targetMatrix, whole, next);
  }

  private Place sendElementWeights(RowCall current, RowChunk next) {
    ElementWeights weights = current.elementWeights(next);
    if (weights == null) {
      return Place.NONE;
    }
    long bytes = weights.bytes();
    MemorySegment host = elementWeights.host(bytes);
    weights.write(host);
    stream.copyIn(elementWeights.device(bytes), 0, host);
    return new Place(
        elementWeights.device(bytes).address(),
        current.arithmetic(),
        weights.outerStride(),
        weights.classStride(),
        weights.innerStride());
  }

  private long columnAddress(RowCall current, RowChunk next) {
    return columns.device(Math.max(1, current.columnBytes(next))).address();
  }

  private long weightAddress(RowCall current) {
    long bytes = current.weightBytes();
    return bytes > 0 ? classWeights.device(bytes).address() : 0;
  }

  private Place send(MatrixTransfer transfer, Matrix whole, RowChunk next) {
    Matrix view = next.viewOf(whole);
    return transfer.send(view, isDirect(whole, view));
  }

  private long sendTargets(RowCall current, RowChunk next) {
    long bytes = current.targetBytes(next);
    if (bytes == 0) {
      return 0;
    }
    MemorySegment host = targets.host(bytes);
    current.writeTargets(next, host);
    stream.copyIn(targets.device(bytes), 0, host);
    return targets.device(bytes).address();
  }

  private long sendFactors(RowCall current, RowChunk next) {
    long bytes = current.factorBytes(next);
    if (bytes == 0) {
      return 0;
    }
    MemorySegment host = rowFactors.host(bytes);
    current.writeFactors(next, host);
    stream.copyIn(rowFactors.device(bytes), 0, host);
    return rowFactors.device(bytes).address();
  }
}
