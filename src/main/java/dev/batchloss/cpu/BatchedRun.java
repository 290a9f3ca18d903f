package dev.batchloss.cpu;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowStatistics;
import org.jspecify.annotations.Nullable;

/** A call whose rows are shared out in batches. */
final class BatchedRun {
  /**
   * Elements of a batch: what a second pass over its rows still finds in the cache, beside those of
   * the batch that is reduced meanwhile.
   */
  private static final int BATCH_ELEMENTS = 1 << 15;

  private static final int MOST_BATCH_ROWS = 2048;

  /** Elements of a task: enough that taking one, or waking a thread for it, costs little. */
  private static final int TASK_ELEMENTS = 1 << 18;

  /** What a row costs besides its elements is worth about so many of them. */
  private static final long ELEMENTS_FOR_A_ROW = 32;

  private final BatchWork work;
  private final Workers workers;
  private final StatisticsPool pool;
  private final long firstRow;
  private final long rows;
  private final int batchRows;
  private final long taskRows;

  BatchedRun(BatchWork work, Workers workers, StatisticsPool pool) {
    this.work = work;
    this.workers = workers;
    this.pool = pool;
    this.firstRow = work.request().firstRow();
    this.rows = work.request().rowsToDo();
    int classes = work.request().input().classes();
    int whole = Math.clamp(BATCH_ELEMENTS / classes, 1, MOST_BATCH_ROWS);
    int tiles = whole < Tile.ROWS ? whole : whole / Tile.ROWS * Tile.ROWS;
    this.batchRows = (int) Math.min(rows, tiles);
    long batchCost = batchRows * (classes + ELEMENTS_FOR_A_ROW);
    this.taskRows = batchRows * Math.max(1, TASK_ELEMENTS / batchCost);
  }

  void run() {
    long tasks = (rows + taskRows - 1) / taskRows;
    TaskQueue queue = new TaskQueue(tasks);
    workers.run(
        (int) Math.min(tasks, workers.threads()),
        () -> {
          try {
            Worker worker = new Worker();
            queue.drain(task -> worker.run(firstRow + task * taskRows));
            worker.end();
          } catch (Throwable e) {
            queue.fail(e);
          }
        });
    queue.rethrow();
  }

  /** What one thread needs. */
  private final class Worker {
    private final BatchPass pass = work.newPass(Tile.lanes(batchRows));
    private final RowFold fold = work.request().folds().get();
    private final boolean writes = work.request().outputKind() != MatrixOutput.NONE;
    private RowStatistics batch = pool.take(Tile.lanes(batchRows));

    /** A batch that the next is reduced beside. */
    private @Nullable RowStatistics unwritten;

    void run(long first) {
      long end = Math.min(firstRow + rows, first + taskRows);
      for (long row = first; row < end; row += batchRows) {
        batch.firstRow = row;
        batch.size = (int) Math.min(batchRows, end - row);
        if (pass.writesBesideReducing()) {
          runBesideWriting();
        } else {
          run();
        }
      }
    }

    private void run() {
      work.label(batch);
      pass.reduce(batch);
      work.finish(batch);
      if (writes) {
        pass.write(batch);
      }
      fold.fold(batch);
    }

    private void runBesideWriting() {
      RowStatistics written = unwritten;
      unwritten = null;
      work.label(batch);
      if (written == null) {
        pass.reduce(batch);
        written = pool.take(Tile.lanes(batchRows));
      } else {
        pass.writeBesideReducing(written, batch);
      }
      work.finish(batch);
      fold.fold(batch);
      unwritten = batch;
      batch = written;
    }

    /** To be called after the last task. */
    void end() {
      if (unwritten != null) {
        pass.write(unwritten);
        pool.giveBack(unwritten);
      }
      pool.giveBack(batch);
    }
  }
}
