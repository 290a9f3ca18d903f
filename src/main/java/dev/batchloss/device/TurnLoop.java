package dev.batchloss.device;

import java.util.List;
import java.util.function.Consumer;

/**
 * Slots of one device, which take chunks in turn.
 *
 * @param <S> the slots of one backend
 */
public final class TurnLoop<S extends ChunkSlot> extends ChunkLoop<S> {
  /**
   * Prepares a call.
   *
   * @param slots that no chunk is on; at least one
   * @param begin prepares a slot for the call, before its first chunk
   * @param folding takes the rows
   */
  public TurnLoop(List<S> slots, Consumer<S> begin, RowFolding folding) {
    super(slots, begin, folding);
  }

  @Override
  void runAll(RowChunks chunks, RunProgress progress) {
    for (long number = 0; number < chunks.count(); number++) {
      S slot = at(number);
      if (number < slots().size()) {
        begin(slot);
      }
      collectIfBusy(slot, progress);
      slot.start(chunks.at(number));
    }
    for (int turn = 0; turn < slots().size(); turn++) {
      collectIfBusy(at(chunks.count() + turn), progress);
    }
  }

  private S at(long turn) {
    return slots().get((int) (turn % slots().size()));
  }

  private void collectIfBusy(S slot, RunProgress progress) {
    if (slot.isBusy()) {
      collect(slot, progress);
    }
  }
}
