package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.bench.GpuCase.Task;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.spi.DeviceMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/**
 * Times the tasks of one matrix, where it lies on the device and where it lies on the host, on a
 * GPU and on the processors. A gradient over the logits is the next one's logits: small numbers,
 * but no special ones.
 */
final class GpuTimes {
  private static final long PAGE = 4096;
  private static final int LEAST_TURNS = 3;
  private static final int MOST_TURNS = 51;

  /** What a longer measurement would not change. */
  private static final double ENOUGH_SECONDS = 0.5;

  private static final CrossEntropy LOSS = CrossEntropy.builder().build();
  private static final Outputs ROW_LOSSES = Outputs.lossOnly().withRowLosses();

  private final BatchLoss gpu;
  private final BatchLoss cpu;
  private final LongPredicate fitsDevice;
  private final List<String> leftOut = new ArrayList<>();

  /** Medians of whole calls and of their kernels, in seconds; NaN where nothing was measured. */
  record Times(double call, double kernels) {
    static final Times NONE = new Times(Double.NaN, Double.NaN);
  }

  /**
   * Prepares.
   *
   * @param fitsDevice whether the device has so many bytes to give
   */
  GpuTimes(BatchLoss gpu, BatchLoss cpu, LongPredicate fitsDevice) {
    this.gpu = gpu;
    this.cpu = cpu;
    this.fitsDevice = fitsDevice;
  }

  /** Returns what did not fit so far, with the reason. */
  List<String> leftOut() {
    return List.copyOf(leftOut);
  }

  /** Returns a line for each task that fits. */
  List<GpuTable.Row> of(GpuCase one) {
    if (!HostMemory.fits(2 * one.bytes())) {
      leaveOut(one, "the host has no %d bytes for it and its gradient".formatted(2 * one.bytes()));
      return List.of();
    }
    List<GpuTable.Row> rows = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      Matrix logits = one.over(arena.allocate(one.bytes(), PAGE));
      Matrix other = one.over(arena.allocate(one.bytes(), PAGE));
      ClassTargets targets = Predictions.fill(logits);
      for (Task task : Task.values()) {
        Times resident = resident(one, task, logits, targets);
        Times fromNative = hosted(gpu, task, logits, other, targets);
        Times cpuNative = hosted(cpu, task, logits, other, targets);
        Times fromHeap = Times.NONE;
        Times cpuHeap = Times.NONE;
        if (HostMemory.fitsHeap(2 * one.bytes())) {
          Matrix heap = onHeap(one, logits);
          Matrix heapOther = onHeap(one, other);
          fromHeap = hosted(gpu, task, heap, heapOther, targets);
          cpuHeap = hosted(cpu, task, heap, heapOther, targets);
        } else if (task == Task.LOSS) {
          leaveOut(one, "on the heap: more than the JVM's heap or an array has");
        }
        rows.add(
            new GpuTable.Row(
                one,
                task,
                resident.kernels,
                resident.call,
                fromNative.call,
                fromHeap.call,
                cpuNative.call,
                cpuHeap.call));
      }
    }
    return rows;
  }

  private void leaveOut(GpuCase one, String reason) {
    leftOut.add("%s %s %s: %s".formatted(one.shape(), one.type(), one.tier(), reason));
  }

  private Times resident(GpuCase one, Task task, Matrix logits, ClassTargets targets) {
    if (!fitsDevice.test(task.matrices() * one.bytes())) {
      leaveOut(one, task.label() + ": does not fit the device's memory");
      return Times.NONE;
    }
    try (DeviceMatrix input = gpu.toDevice(logits)) {
      requireTheLoss(logits, targets, gpu.evaluate(LOSS, input, targets, ROW_LOSSES));
      if (task != Task.GRADIENT) {
        return time(() -> gpu.evaluate(LOSS, input, targets, outputs(task)));
      }
      try (DeviceMatrix gradient =
          gpu.allocate(one.type(), one.outer(), one.classes(), one.inner())) {
        Outputs outputs = Outputs.gradientInto(gradient);
        return time(() -> gpu.evaluate(LOSS, input, targets, outputs));
      }
    }
  }

  private static Times hosted(
      BatchLoss engine, Task task, Matrix logits, Matrix other, ClassTargets targets) {
    if (task == Task.IN_PLACE) {
      // The logits are needed again.
      other.segment().copyFrom(logits.segment());
      return time(() -> engine.evaluate(LOSS, other, targets, outputs(task)));
    }
    Outputs outputs = task == Task.LOSS ? outputs(task) : Outputs.gradientInto(other);
    requireTheLoss(logits, targets, engine.evaluate(LOSS, logits, targets, ROW_LOSSES));
    return time(() -> engine.evaluate(LOSS, logits, targets, outputs));
  }

  /** A fast wrong result is no result. */
  private static void requireTheLoss(Matrix logits, ClassTargets targets, LossResult result) {
    Predictions.requireFirstLoss(logits, targets, result.rowLosses()[0]);
  }

  private static Outputs outputs(Task task) {
    return task == Task.IN_PLACE ? Outputs.gradientInPlace() : Outputs.lossOnly();
  }

  private static Times time(Supplier<LossResult> call) {
    call.get();
    List<Double> calls = new ArrayList<>();
    List<Double> kernels = new ArrayList<>();
    long begin = System.nanoTime();
    while (calls.size() < LEAST_TURNS
        || (calls.size() < MOST_TURNS && System.nanoTime() - begin < ENOUGH_SECONDS * 1e9)) {
      long start = System.nanoTime();
      LossResult result = call.get();
      calls.add((System.nanoTime() - start) / 1e9);
      if (result.backends().size() > 1) {
        throw new IllegalStateException("the device failed: " + result.passedOver());
      }
      result.kernelSeconds().ifPresent(kernels::add);
    }
    return new Times(median(calls), median(kernels));
  }

  private static double median(List<Double> samples) {
    return Samples.median(samples.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static Matrix onHeap(GpuCase one, Matrix from) {
    int length = Math.toIntExact(one.bytes() / one.type().bytes());
    MemorySegment array =
        one.type().bytes() == Float.BYTES
            ? MemorySegment.ofArray(new float[length])
            : MemorySegment.ofArray(new short[length]);
    array.copyFrom(from.segment());
    return one.over(array);
  }
}
