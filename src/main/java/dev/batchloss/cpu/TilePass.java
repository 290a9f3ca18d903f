package dev.batchloss.cpu;

import static dev.batchloss.cpu.Tile.ROWS;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Logits and log-probabilities whose rows are short or not contiguous: many rows at once, a lane a
 * row, in 64-bit arithmetic but for what {@link PairTile}, {@link TileStatistics#addFloats} and
 * {@link ShortRowGradient} do in 32. Each lane adds its classes one after the other, and moves its
 * shift with its maximum, tile by tile.
 */
final class TilePass implements BatchPass {
  private final Call call;
  private final Softcap softcap;
  private final double scale;
  private final boolean fixedShift;
  private final Tile input;
  private final @Nullable Tile output;
  private final @Nullable Tile targets;
  private final TileStatistics lanes;
  private final @Nullable PairTile pairs;
  private final @Nullable ShortRowGradient gradient;
  private final double[] shifts;
  private final boolean hasEntropy;
  private final double[] u = new double[ROWS];
  private final double[] e = new double[ROWS];
  private final double[] shift = new double[ROWS];
  private final double[] logNormalizer = new double[ROWS];
  private final double[] targetGradients = new double[ROWS];
  private final double[] greatest = new double[ROWS];

  TilePass(Call call, int batchRows) {
    this.call = call;
    this.softcap = new Softcap(call.transform);
    this.scale = softcap.scale();
    this.fixedShift = !call.transform.normalizesByLogSumExp();
    this.input = new Tile(call.input);
    this.output = call.output == null ? null : new Tile(call.output);
    Matrix probabilities = call.targetProbabilities();
    this.targets = probabilities == null ? null : new Tile(probabilities);
    this.lanes = new TileStatistics(call, scale, fixedShift);
    this.pairs = PairTile.takes(call) ? new PairTile(call, scale) : null;
    this.gradient =
        ShortRowGradient.takes(call) ? new ShortRowGradient(call, scale, batchRows) : null;
    this.shifts = new double[batchRows];
    this.hasEntropy =
        call.outputKind == MatrixOutput.GRADIENT && call.plan.objective().entropy() != 0;
  }

  @Override
  public void reduce(RowStatistics rows) {
    if (pairs != null) {
      pairs.reduce(rows, shifts);
      return;
    }
    for (int i = 0; i < rows.size; i += ROWS) {
      reduceTile(rows, i, Math.min(ROWS, rows.size - i));
    }
  }

  private void reduceTile(RowStatistics rows, int i, int n) {
    long first = rows.firstRow + i;
    if (targets != null) {
      findTargets(rows, i, n);
    }
    lanes.reset(n);
    boolean wantsTarget = call.needs.target() || call.needs.rank();
    boolean wantsTargetFirst = call.needs.rank() && call.classes > Tile.CLASSES;
    if (wantsTarget) {
      System.arraycopy(rows.target, i, lanes.targetClass, 0, n);
    }
    if (wantsTargetFirst) {
      for (int lane = 0; lane < n; lane++) {
        lanes.target[lane] = softcap.apply(input.get(first + lane, rows.target[i + lane]));
      }
    }
    for (int c = 0; c < call.classes; c += Tile.CLASSES) {
      int k = Math.min(Tile.CLASSES, call.classes - c);
      if (call.takesFloat()) {
        input.readFloats(first, n, c, k);
        lanes.addFloats(input.floats, c, k);
        if (lanes.needsOthers()) {
          input.widen(k);
        }
      } else {
        input.read(first, n, c, k);
        softcap.apply(input.values, k * ROWS);
        lanes.add(input.values, c, k);
      }
      if (wantsTarget && !wantsTargetFirst) {
        lanes.pickTargets(input, c, k);
      }
      lanes.addOthers(input.values, c, k);
      if (targets != null) {
        targets.read(first, n, c, k);
        lanes.addTargets(input.values, targets.values, c, k);
      }
    }
    lanes.store(rows, i);
    System.arraycopy(lanes.shift, 0, shifts, i, n);
  }

  /** Checks the target distributions, and finds their classes if a metric asks for them. */
  private void findTargets(RowStatistics rows, int i, int n) {
    boolean finds = call.needs.argmax() || call.needs.rank();
    if (!finds && !call.checksTargets()) {
      return;
    }
    Tile tile = Objects.requireNonNull(targets);
    Arrays.fill(greatest, Double.NEGATIVE_INFINITY);
    for (int c = 0; c < call.classes; c += Tile.CLASSES) {
      int k = Math.min(Tile.CLASSES, call.classes - c);
      tile.read(rows.firstRow + i, n, c, k);
      for (int lane = 0; lane < n; lane++) {
        for (int j = 0; j < k; j++) {
          double q = tile.values[j * ROWS + lane];
          if (call.checksTargets()) {
            TargetScan.requireProbability("target probability", rows.firstRow + i + lane, c + j, q);
          }
          if (q > greatest[lane]) {
            greatest[lane] = q;
            rows.target[i + lane] = c + j;
          }
        }
      }
    }
  }

  @Override
  public void write(RowStatistics rows) {
    if (gradient != null) {
      gradient.write(rows, shifts);
      return;
    }
    for (int i = 0; i < rows.size; i += ROWS) {
      writeTile(rows, i, Math.min(ROWS, rows.size - i));
    }
  }

  private void writeTile(RowStatistics rows, int i, int n) {
    prepare(rows, i, n);
    Tile to = Objects.requireNonNull(output);
    long first = rows.firstRow + i;
    for (int c = 0; c < call.classes; c += Tile.CLASSES) {
      int k = Math.min(Tile.CLASSES, call.classes - c);
      input.read(first, n, c, k);
      softcap.apply(input.values, k * ROWS);
      System.arraycopy(input.values, 0, to.values, 0, k * ROWS);
      if (call.outputKind == MatrixOutput.LOG_SOFTMAX) {
        TileKernel.logSoftmax(to.values, k, Tile.lanes(n), shift, scale, logNormalizer);
      } else if (call.outputKind == MatrixOutput.GRADIENT && !call.gradientTakesExponentials) {
        Arrays.fill(to.values, 0, k * ROWS, 0);
      } else if (!hasEntropy) {
        TileKernel.multiplyExp(to.values, k, Tile.lanes(n), shift, scale, u);
      } else {
        TileKernel.gradient(to.values, k, Tile.lanes(n), shift, scale, u, e);
      }
      if (call.outputKind == MatrixOutput.GRADIENT) {
        finishGradient(rows, i, n, c, k);
      }
      to.write(first, n, c, k);
    }
  }

  private void prepare(RowStatistics rows, int i, int n) {
    boolean gradient = call.outputKind == MatrixOutput.GRADIENT;
    Arrays.fill(u, 0);
    Arrays.fill(e, 0);
    Arrays.fill(shift, 0);
    Arrays.fill(logNormalizer, 0);
    for (int lane = 0; lane < n; lane++) {
      int row = i + lane;
      double normalizer = fixedShift ? 1 : rows.sum[row];
      shift[lane] = shifts[row];
      logNormalizer[lane] = rows.logNormalizer[row];
      u[lane] = (gradient ? scale * rows.u[row] : 1) / normalizer;
      e[lane] = gradient ? scale * rows.e[row] / normalizer : 0;
      targetGradients[lane] =
          gradient && call.needs.target() && !rows.ignored[row] ? targetGradient(rows, row) : 0;
    }
  }

  private void finishGradient(RowStatistics rows, int i, int n, int c, int k) {
    double[] to = Objects.requireNonNull(output).values;
    if (targets != null) {
      targets.read(rows.firstRow + i, n, c, k);
    }
    for (int j = 0; j < k; j++) {
      double weight = call.classWeight(c + j);
      for (int lane = 0; lane < n; lane++) {
        int at = j * ROWS + lane;
        int row = i + lane;
        double value = to[at] - scale * rows.k[row] * weight;
        if (targets != null) {
          value -= scale * rows.h[row] * weight * targets.values[at];
        }
        to[at] = rows.ignored[row] ? 0 : value * softcap.derivative(input.values[at]);
      }
    }
    if (call.needs.target()) {
      for (int lane = 0; lane < n; lane++) {
        int j = rows.target[i + lane] - c;
        if (j >= 0 && j < k && !rows.ignored[i + lane]) {
          to[j * ROWS + lane] = targetGradients[lane];
        }
      }
    }
  }

  private double targetGradient(RowStatistics rows, int i) {
    double derivative =
        softcap.isPresent() ? softcap.derivative(rows.targetShifted[i] + shifts[i]) : scale;
    return call.targetGradient(rows, i, derivative);
  }
}
