package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.device.PaddedWeights;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceCall.TargetType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one device loss beside the caller's, kept from call to call. What is enqueued on
 * one stream uses it in the stream's order; another stream has to wait until the event says that it
 * is free. Used by one thread at a time.
 */
final class LossWorkspace implements AutoCloseable {
  private static final String MODULE = "device_loss";

  private static final int BLOCK = 128;

  /** Blocks for each multiprocessor that go through the rows together. */
  private static final int BLOCKS = 4;

  private final OpenDevice device;
  private final Event end;
  private final StagedBuffer state;
  private final StagedBuffer rowTargets;
  private final StagedBuffer rowFactors;
  private final StagedBuffer columns;
  private final StagedBuffer segments;
  private final StagedBuffer rowScalars;
  private final StagedBuffer doubleWeights;
  private final StagedBuffer floatWeights;

  private long lastStream;
  private String running = "";
  private @Nullable ClassWeights uploaded;

  /**
   * Makes one without memory.
   *
   * @throws DeviceException if the device fails
   */
  LossWorkspace(OpenDevice device) {
    CudaContext context = device.context();
    this.device = device;
    this.end = context.newEvent();
    this.state = new StagedBuffer(context);
    this.rowTargets = new StagedBuffer(context);
    this.rowFactors = new StagedBuffer(context);
    this.columns = new StagedBuffer(context);
    this.segments = new StagedBuffer(context);
    this.rowScalars = new StagedBuffer(context);
    this.doubleWeights = new StagedBuffer(context);
    this.floatWeights = new StagedBuffer(context);
  }

  /** Returns the device it is on. */
  OpenDevice device() {
    return device;
  }

  /** Returns whether a launch may follow the last one on the same stream without any waiting. */
  boolean precedes(LossLaunch launch) {
    int multiprocessors = multiprocessors();
    // What the host would write may not have been read yet.
    boolean hasWeights = launch.weights() == null || launch.weights().equals(uploaded);
    return lastStream == launch.call().stream()
        && hasWeights
        && rowTargets.hasDevice(launch.rowTargetBytes())
        && rowFactors.hasDevice(launch.factorBytes())
        && columns.hasDevice(launch.columnBytes())
        && segments.hasDevice(launch.segmentBytes(multiprocessors))
        && rowScalars.hasDevice(launch.scalarBytes(multiprocessors));
  }

  /** Returns whether nothing uses it any more. */
  boolean isFree() {
    return end.hasHappened();
  }

  /**
   * Enqueues a launch. Nothing else uses the memory, but for what has been enqueued on the same
   * stream, if this {@link #precedes} the launch.
   *
   * @throws DeviceException if the device fails or has not enough memory
   */
  void enqueue(LossLaunch launch, Stream stream) {
    lastStream = launch.call().stream();
    running = "running " + launch;
    long stateAddress = state.device(LossParameters.STATE_BYTES).address();
    MemorySegment result = state.host(LossParameters.RESULT_BYTES);
    long columnAddress = address(columns, launch.columnBytes());
    long targetAddress = address(rowTargets, launch.rowTargetBytes());
    RowParameters rowParameters = rowParameters(launch, stateAddress, columnAddress, targetAddress);
    sendWeights(launch, stream);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(LossParameters.BYTES, Long.BYTES);
      new LossParameters(
              stateAddress,
              targetAddress,
              addressOrNone(doubleWeights, launch.weightBytes(ElementType.FLOAT64)),
              columnAddress,
              addressOrNone(rowFactors, launch.factorBytes()))
          .writeTo(parameters, launch);
      HostPointer pointer = new HostPointer(parameters);
      String index = launch.call().targetType() == TargetType.INT64 ? "_long" : "_int";
      int blocks = blocks(launch.call());
      run("begin_loss", 1, stream, pointer);
      run("check_targets" + index, blocks, stream, pointer);
      run("finish_targets" + index, 1, stream, pointer);
      if (launch.factorBytes() > 0) {
        run("scale_rows_" + launch.rows().arithmetic(), blocks, stream, pointer);
      }
      if (launch.call().rows() > 0) {
        runRows(launch, rowParameters, stream, arena);
      }
      run("add_losses_" + launch.rows().arithmetic(), blocks, stream, pointer);
      run("finish_loss", 1, stream, pointer);
    }
    stream.copyOut(state.device(LossParameters.STATE_BYTES), 0, result);
    stream.record(end);
  }

  /** Returns where the loss will be. */
  long lossAddress() {
    return state.device(LossParameters.STATE_BYTES).address() + LossParameters.LOSS;
  }

  /**
   * Waits for what was enqueued last, and returns what came back of its state.
   *
   * @throws DeviceException if the device has failed
   */
  MemorySegment await() {
    end.await(running);
    return state.host(LossParameters.RESULT_BYTES);
  }

  /** Frees the memory once nothing uses it any more. */
  @Override
  public void close() {
    try {
      end.await(running);
    } catch (DeviceException _) {
      // In a context that is lost nothing is on its way.
    }
    List.of(
            state,
            rowTargets,
            rowFactors,
            columns,
            segments,
            rowScalars,
            doubleWeights,
            floatWeights)
        .forEach(StagedBuffer::close);
    end.close();
  }

  private RowParameters rowParameters(
      LossLaunch launch, long stateAddress, long columnAddress, long targetAddress) {
    int multiprocessors = multiprocessors();
    boolean isDouble = launch.rows().arithmetic() == ElementType.FLOAT64;
    return new RowParameters(
        launch.input(),
        launch.gradient(),
        RowParameters.Place.NONE,
        columnAddress,
        targetAddress,
        addressOrNone(rowFactors, launch.factorBytes()),
        addressOrNone(
            isDouble ? doubleWeights : floatWeights,
            launch.weightBytes(launch.rows().arithmetic())),
        addressOrNone(segments, launch.segmentBytes(multiprocessors)),
        addressOrNone(rowScalars, launch.scalarBytes(multiprocessors)),
        stateAddress + LossParameters.FIRST_BAD,
        stateAddress + LossParameters.GRADIENT_SCALE);
  }

  private void runRows(LossLaunch launch, RowParameters rowParameters, Stream stream, Arena arena) {
    KernelModule module = device.module(launch.program().module());
    List<RowLaunch> launches =
        launch
            .program()
            .launches(
                (int) launch.call().rows(),
                multiprocessors(),
                name -> module.function(name).dynamicShared());
    boolean keepsRow = launches.getFirst().sharedBytes() > 0;
    MemorySegment parameters = arena.allocate(RowParameters.BYTES, Long.BYTES);
    rowParameters.writeTo(
        parameters,
        launch.rows(),
        launch.program().lanes(),
        launch.flags() | (keepsRow ? RowFlag.KEEPS_ROW.bit() : 0));
    for (RowLaunch next : launches) {
      stream.launch(module.function(next.kernel()), next, new HostPointer(parameters));
    }
  }

  private void run(String kernel, int blocks, Stream stream, HostPointer parameters) {
    stream.launch(
        device.module(MODULE).function(kernel),
        new RowLaunch(kernel, blocks, 1, BLOCK, 0),
        parameters);
  }

  /** Weights that were sent before are there, in the stream's order. */
  private void sendWeights(LossLaunch launch, Stream stream) {
    ClassWeights weights = launch.weights();
    if (weights == null || weights.equals(uploaded)) {
      return;
    }
    uploaded = null;
    send(doubleWeights, weights, ElementType.FLOAT64, stream);
    send(floatWeights, weights, ElementType.FLOAT32, stream);
    uploaded = weights;
  }

  private static void send(StagedBuffer to, ClassWeights weights, ElementType type, Stream stream) {
    long bytes = PaddedWeights.bytes(weights, type);
    MemorySegment host = to.host(bytes);
    PaddedWeights.write(weights, type, host);
    stream.copyIn(to.device(bytes), 0, host);
  }

  private int blocks(DeviceCall call) {
    long rows = Math.max(1, call.rows());
    return (int) Math.min(Math.ceilDiv(rows, (long) BLOCK), (long) BLOCKS * multiprocessors());
  }

  private int multiprocessors() {
    return device.context().device().multiprocessors();
  }

  private static long address(StagedBuffer buffer, long bytes) {
    return buffer.device(Math.max(1, bytes)).address();
  }

  private static long addressOrNone(StagedBuffer buffer, long bytes) {
    return bytes == 0 ? 0 : buffer.device(bytes).address();
  }
}
