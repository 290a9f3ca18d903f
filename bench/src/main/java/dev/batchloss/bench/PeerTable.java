package dev.batchloss.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The outcome of a comparison, as it is written to JSON.
 *
 * @param origin where it was made
 * @param threads how many threads everyone had
 * @param rounds how many JVMs measured each line
 * @param rows one a line
 */
record PeerTable(Origin origin, int threads, int rounds, List<Row> rows) {

  /**
   * One way of computing one pass at one shape. Times are medians over iterations of the
   * iterations' medians; NaN where nothing was measured.
   *
   * @param peer what computed
   * @param batchLoss whether that is batchloss
   * @param version the library's version, empty if unknown
   * @param memory where the logits were, empty if unknown
   * @param shape rows × classes
   * @param pass what was computed
   * @param nanos the time
   * @param lowerQuartile of the same
   * @param upperQuartile of the same
   * @param rowsPerSecond rows over the time
   * @param ceilingNanos the time of the ceiling
   * @param share median over iterations of the ceiling's time over the peer's, turn by turn
   * @param lossError the relative error of the loss, the largest of all JVMs
   * @param others the share of all processors that other processes used, median over iterations
   * @param iterations how many iterations there were, over all rounds
   * @param failure why nothing was measured, empty if it was
   */
  record Row(
      String peer,
      boolean batchLoss,
      String version,
      String memory,
      String shape,
      PeerPass pass,
      double nanos,
      double lowerQuartile,
      double upperQuartile,
      double rowsPerSecond,
      double ceilingNanos,
      double share,
      double lossError,
      double others,
      int iterations,
      String failure) {

    /** Returns the line of what was measured, in one JVM or several. */
    static Row measured(PeerCase peer, String shape, List<PeerTimes.Run> runs) {
      PeerTimes.Run first = runs.getFirst();
      List<PeerTimes.Iteration> iterations =
          runs.stream().flatMap(run -> run.iterations().stream()).toList();
      double[] nanos = iterations.stream().mapToDouble(PeerTimes.Iteration::peerNanos).toArray();
      double median = Samples.median(nanos);
      return new Row(
          peer.name(),
          peer.isBatchLoss(),
          first.version(),
          first.memory().name().toLowerCase(Locale.ROOT),
          shape,
          first.pass(),
          median,
          Samples.quantile(nanos, 0.25),
          Samples.quantile(nanos, 0.75),
          Shape.parse(shape).rows() / median * 1e9,
          Samples.median(
              iterations.stream().mapToDouble(PeerTimes.Iteration::ceilingNanos).toArray()),
          Samples.median(iterations.stream().mapToDouble(PeerTimes.Iteration::share).toArray()),
          runs.stream().mapToDouble(PeerTimes.Run::lossError).max().orElseThrow(),
          Samples.median(iterations.stream().mapToDouble(PeerTimes.Iteration::others).toArray()),
          iterations.size(),
          "");
    }

    /** Returns the line of what could not be measured. */
    static Row missing(PeerCase peer, String shape, PeerPass pass, String failure) {
      double none = Double.NaN;
      return new Row(
          peer.name(),
          peer.isBatchLoss(),
          "",
          "",
          shape,
          pass,
          none,
          none,
          none,
          none,
          none,
          none,
          none,
          none,
          0,
          failure);
    }

    boolean isMeasured() {
      return failure.isEmpty();
    }

    String markdown() {
      if (!isMeasured()) {
        return "| %s | %s | %s | | | | | | | %s |"
            .formatted(size(shape), label(pass), peer, failure.replace('|', '/'));
      }
      return "| %s | %s | %s | %s | %s–%s | %s | %s of a %s | %.0e | %.0f%% | %s |"
          .formatted(
              size(shape),
              label(pass),
              peer,
              milliseconds(nanos),
              milliseconds(lowerQuartile),
              milliseconds(upperQuartile),
              rate(rowsPerSecond),
              RatioTable.percent(share),
              pass.ceiling().name().toLowerCase(Locale.ROOT),
              lossError,
              100 * others,
              version);
    }
  }

  /**
   * batchloss beside the fastest of the others.
   *
   * @param shape rows × classes
   * @param pass what batchloss computed
   * @param batchLoss its faster line
   * @param best the fastest peer's
   */
  record Comparison(String shape, PeerPass pass, Row batchLoss, Row best) {

    /** Returns how many times faster batchloss is, by the median times. */
    double byTime() {
      return best.nanos / batchLoss.nanos;
    }

    /** The same by the shares of the ceilings, where those can be compared, and NaN elsewhere. */
    double byShare() {
      return batchLoss.pass == best.pass ? batchLoss.share / best.share : Double.NaN;
    }

    String markdown() {
      return "| %s | %s | %s | %s | %s | %s | **%.1f×** | %s |"
          .formatted(
              size(shape),
              label(pass),
              batchLoss.peer,
              milliseconds(batchLoss.nanos),
              best.peer,
              milliseconds(best.nanos),
              byTime(),
              Double.isNaN(byShare()) ? "" : "%.1f×".formatted(byShare()));
    }
  }

  /**
   * Returns batchloss beside the fastest peer for each shape and pass where both were measured. A
   * gradient over the logits is held against the peers' gradients in memory of their own.
   */
  List<Comparison> comparisons() {
    List<Comparison> all = new ArrayList<>();
    for (String shape : rows.stream().map(Row::shape).distinct().toList()) {
      for (PeerPass pass : PeerPass.values()) {
        PeerPass theirs = pass == PeerPass.FORWARD ? PeerPass.FORWARD : PeerPass.GRADIENT;
        Optional<Row> own = fastest(shape, pass, true);
        Optional<Row> best = fastest(shape, theirs, false);
        if (own.isPresent() && best.isPresent()) {
          all.add(new Comparison(shape, pass, own.get(), best.get()));
        }
      }
    }
    return all;
  }

  /** Returns the report as Markdown. */
  String markdown() {
    return origin.text() + " " + tables();
  }

  /** Returns how it was measured, and its tables, as Markdown. */
  String tables() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%d threads for everyone. %d %s a line.\n\n"
            .formatted(threads, rounds, rounds == 1 ? "JVM" : "JVMs"));
    text.append(
        """
        | shape | computed | batchloss | ms | fastest other | ms \
        | times faster | by share of the ceiling |
        | --- | --- | --- | ---: | --- | ---: | ---: | ---: |
        """);
    comparisons().forEach(comparison -> text.append(comparison.markdown()).append('\n'));
    text.append(
        """

        | shape | computed | by | ms | quartiles | rows/s | share of the ceiling \
        | error of the loss | others' CPU | version, or why there is no figure |
        | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
        """);
    rows.forEach(row -> text.append(row.markdown()).append('\n'));
    return text.toString();
  }

  private Optional<Row> fastest(String shape, PeerPass pass, boolean batchLoss) {
    return rows.stream()
        .filter(Row::isMeasured)
        .filter(row -> row.shape.equals(shape) && row.pass == pass && row.batchLoss == batchLoss)
        .min(Comparator.comparingDouble(Row::nanos));
  }

  private static String size(String shape) {
    return shape.replace('x', '×');
  }

  private static String label(PeerPass pass) {
    return switch (pass) {
      case FORWARD -> "loss";
      case GRADIENT -> "loss and gradient";
      case GRADIENT_IN_PLACE -> "loss and gradient, in place";
    };
  }

  private static String milliseconds(double nanos) {
    return String.format(Locale.ROOT, nanos < 10e6 ? "%.3f" : "%.1f", nanos / 1e6);
  }

  private static String rate(double perSecond) {
    return String.format(Locale.ROOT, perSecond < 10e6 ? "%,.0f" : "%.3g", perSecond);
  }
}
