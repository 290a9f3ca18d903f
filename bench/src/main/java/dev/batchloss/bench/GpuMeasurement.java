package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A CUDA device with the processors beside it, ready to be measured. Made by {@link #open}, which
 * fails where there is no such device.
 */
final class GpuMeasurement implements AutoCloseable {
  private static final long MOST_COPIED = 1L << 30;
  private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");

  private final BatchLoss gpu;
  private final BatchLoss cpu;
  private final DeviceCopy copy;

  private GpuMeasurement(BatchLoss gpu, BatchLoss cpu, DeviceCopy copy) {
    this.gpu = gpu;
    this.cpu = cpu;
    this.copy = copy;
  }

  /**
   * Opens the device of this number.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if there is none
   */
  static GpuMeasurement open(int device) {
    BatchLoss gpu = BatchLoss.open("cuda:" + device);
    try {
      return new GpuMeasurement(gpu, BatchLoss.open("cpu"), new DeviceCopy(device));
    } catch (Throwable e) {
      gpu.close();
      throw e;
    }
  }

  /** Returns the device's name. */
  String name() {
    return copy.name();
  }

  /** Returns whether the device is an emulation, whose times say nothing. */
  boolean isEmulated() {
    return name().contains("emulated");
  }

  /** Measures every task of every matrix; with tiny matrices on an emulated device. */
  GpuTable measure(Origin origin) throws IOException {
    long copied = isEmulated() ? 1 << 16 : Math.min(MOST_COPIED, copy.freeBytes() / 4);
    double ceiling = copy.bytesPerSecond(copied);
    // Beside the matrices there are statistics of rows, and what others take.
    GpuTimes times = new GpuTimes(gpu, cpu, bytes -> bytes < 0.9 * copy.freeBytes());
    List<GpuTable.Row> rows = new ArrayList<>();
    for (GpuCase one : isEmulated() ? GpuCase.tiny() : GpuCase.all()) {
      System.err.println("%s: %s %s ...".formatted(name(), one.shape(), one.type()));
      rows.addAll(times.of(one));
    }
    return new GpuTable(
        isEmulated() ? "emulated: these times say nothing" : "batchloss on " + name(),
        facts(origin),
        ceiling,
        List.copyOf(rows),
        times.leftOut());
  }

  @Override
  public void close() {
    copy.close();
    cpu.close();
    gpu.close();
  }

  private List<String> facts(Origin origin) throws IOException {
    List<String> facts = new ArrayList<>();
    facts.add(origin.started());
    facts.add("commit " + origin.commit());
    facts.add("%s: %s".formatted(gpu.backend().name(), gpu.backend().detail()));
    if (Files.isReadable(DRIVER)) {
      facts.add(Files.readAllLines(DRIVER).getFirst().replaceAll("\\s+", " "));
    }
    facts.add("cpu: " + cpu.backend().detail());
    facts.add(origin.machine().text());
    facts.add(System.getenv().getOrDefault("BATCHLOSS_BENCH_CHECKS", "not checked before"));
    return List.copyOf(facts);
  }
}
