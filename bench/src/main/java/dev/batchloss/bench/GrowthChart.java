package dev.batchloss.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws how cost grows: a line for everyone who computed it, both axes logarithmic. */
final class GrowthChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;

  private GrowthChart() {}

  /** Returns the chart of what was computed as SVG. */
  static byte[] svg(Growth growth, String computed) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(computed)
            .xAxisTitle(growth.axis())
            .yAxisTitle(growth.unit().symbol())
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    for (String by : growth.by(computed)) {
      List<Growth.Point> series = growth.series(computed, by);
      chart.addSeries(
          by,
          series.stream().mapToDouble(Growth.Point::at).toArray(),
          series.stream().mapToDouble(point -> point.in(growth.unit())).toArray());
    }
    ByteArrayOutputStream svg = new ByteArrayOutputStream();
    VectorGraphicsEncoder.saveVectorGraphic(chart, svg, VectorGraphicsFormat.SVG);
    return svg.toByteArray();
  }
}
