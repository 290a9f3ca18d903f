package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.DeviceException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlotPoolTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void everySlotIsClosedThoughAnEarlierOneFails() {
    try (SlotPool<FailingSlot> pool =
        new SlotPool<>(List.of(() -> new FailingSlot("a"), () -> new FailingSlot("b")))) {
      List<FailingSlot> slots = pool.take();
      assertThatThrownBy(() -> pool.discard(slots)).isInstanceOf(DeviceException.class);
      assertThat(closed).containsExactly("a", "b");
    }
  }

  @Test
  void everyIdleSlotIsClosedThoughOneFails() {
    SlotPool<FailingSlot> pool = new SlotPool<>(List.of(() -> new FailingSlot("a")));
    List<FailingSlot> first = pool.take();
    List<FailingSlot> second = pool.take();
    pool.giveBack(first);
    pool.giveBack(second);
    assertThatThrownBy(pool::close).isInstanceOf(DeviceException.class);
    assertThat(closed).hasSize(2);
  }

  @Test
  void slotsAreUsedAgain() {
    SlotPool<FailingSlot> pool = new SlotPool<>(List.of(() -> new FailingSlot("a")));
    List<FailingSlot> slots = pool.take();
    pool.giveBack(slots);
    assertThat(pool.take()).isSameAs(slots);
    assertThat(pool.take()).isNotSameAs(slots);
  }

  private final class FailingSlot implements ChunkSlot {
    private final String name;

    FailingSlot(String name) {
      this.name = name;
    }

    @Override
    public boolean isBusy() {
      return false;
    }

    @Override
    public void start(RowChunk chunk) {}

    @Override
    public void collect(RowFolding folding, RunProgress progress) {}

    @Override
    public void end() {}

    @Override
    public void close() {
      closed.add(name);
      throw new DeviceException(1, "FAILED", "closing " + name);
    }
  }
}
