package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.RequiredBackends;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** A device that does asynchronous work as late as it may, and {@code cpu} to compare with. */
@Tag("cuda")
abstract class DeviceLossFixture {
  static final int IGNORED = -100;

  CudaContext context;
  BatchLoss cuda;
  BatchLoss cpu;
  private long reported;

  @BeforeEach
  void open() {
    String reason = JCudaLibrary.failure();
    if (reason != null) {
      RequiredBackends.skipOrFail(DeviceDiscovery.FAMILY, reason);
    }
    context = CudaContext.open(InstalledDevices.find().getFirst());
    reported = StandInDriver.reported();
    cuda = BatchLoss.open("cuda:0");
    cpu = BatchLoss.open("cpu");
    StandInDriver.set("EMULATED_GPU_ORDER", "lazy");
  }

  @AfterEach
  void close() {
    if (cuda != null) {
      StandInDriver.set("EMULATED_GPU_FAULTS", "");
      cuda.close();
      cpu.close();
      context.close();
      StandInDriver.reset("EMULATED_GPU_ORDER", "eager");
      assertThat(StandInDriver.reported()).as("what the stand-in reports").isEqualTo(reported);
    }
  }
}
