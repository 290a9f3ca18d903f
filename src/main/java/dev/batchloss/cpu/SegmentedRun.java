package dev.batchloss.cpu;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistics;

/** A call of few rows with many classes: each row is shared out in its segments. */
final class SegmentedRun {
  private final Call call;
  private final Workers workers;
  private final int rows;
  private final int segments;
  private final RowStatistics batch;
  private final SegmentStatistics[] parts;
  private final SegmentStatistics[] totals;

  SegmentedRun(Call call, Workers workers) {
    this.call = call;
    this.workers = workers;
    this.rows = (int) call.request.rowsToDo();
    this.segments = (call.classes - 1) / Call.SEGMENT + 1;
    this.batch = new RowStatistics(rows);
    this.parts = new SegmentStatistics[rows * segments];
    for (int part = 0; part < parts.length; part++) {
      parts[part] = new SegmentStatistics();
    }
    this.totals = new SegmentStatistics[rows];
  }

  void run() {
    batch.firstRow = call.request.firstRow();
    batch.size = rows;
    call.label(batch);
    SegmentPass pass = newPass();
    for (int i = 0; i < rows; i++) {
      if (call.reads(batch, i)) {
        pass.startRow(batch, i);
      }
    }
    share(
        (worker, i, segment) -> {
          if (call.reads(batch, i)) {
            worker.reduceSegment(batch, i, segment * Call.SEGMENT, parts[i * segments + segment]);
          }
        });
    for (int i = 0; i < rows; i++) {
      totals[i] = parts[i * segments];
      for (int segment = 1; segment < segments; segment++) {
        totals[i].append(parts[i * segments + segment]);
      }
      if (call.reads(batch, i)) {
        pass.finishRow(batch, i, totals[i]);
      }
    }
    call.finish(batch);
    if (call.outputKind != MatrixOutput.NONE) {
      share(
          (worker, i, segment) ->
              worker.writeSegment(batch, i, segment * Call.SEGMENT, totals[i].shift));
    }
    call.request.folds().get().fold(batch);
  }

  /** What to do with a segment of a row. */
  private interface Body {
    void run(SegmentPass worker, int row, int segment);
  }

  private void share(Body body) {
    TaskQueue queue = new TaskQueue((long) rows * segments);
    workers.run(
        workers.threads(),
        () -> {
          try {
            SegmentPass worker = newPass();
            queue.drain(task -> body.run(worker, (int) (task / segments), (int) (task % segments)));
          } catch (Throwable e) {
            queue.fail(e);
          }
        });
    queue.rethrow();
  }

  private SegmentPass newPass() {
    return (SegmentPass) CpuBackend.passFor(call, rows);
  }
}
