package dev.batchloss.cpu;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowStatistics;

/** A call whose rows are shared out in batches. */
final class BatchedRun {
  /** Elements of a batch: what a second pass over its rows still finds in the cache. */
  private static final int BATCH_ELEMENTS = 1 << 16;

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
            Worker worker = new Worker(pool.take(Tile.lanes(batchRows)));
            queue.drain(task -> worker.run(firstRow + task * taskRows));
            pool.giveBack(worker.batch);
          } catch (Throwable e) {
            queue.fail(e);
          }
        });
    queue.rethrow();
  }

  /** What one thread needs. */
  private final class Worker {
    private final BatchPass pass = work.newPass(Tile.lanes(batchRows));
    private final RowStatistics batch;
    private final RowFold fold = work.request().folds().get();

    Worker(RowStatistics batch) {
      this.batch = batch;
    }

    void run(long first) {
      long end = Math.min(firstRow + rows, first + taskRows);
      for (long row = first; row < end; row += batchRows) {
        batch.firstRow = row;
        batch.size = (int) Math.min(batchRows, end - row);
        work.label(batch);
        pass.reduce(batch);
        work.finish(batch);
        if (work.request().outputKind() != MatrixOutput.NONE) {
          pass.write(batch);
        }
        fold.fold(batch);
      }
    }
  }
}
