package dev.batchloss.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.DoubleStream;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;

/** Draws how cost grows: a line for everyone who computed it. */
final class GrowthChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;

  /** A narrower range is easier to read from 0. */
  private static final double LOGARITHMIC_FROM = 10;

  private static final Color GRID = new Color(230, 230, 230);

  private GrowthChart() {}

  /** Returns the chart of what was computed as SVG. */
  static byte[] svg(Growth growth, String computed) throws IOException {
    ByteArrayOutputStream svg = new ByteArrayOutputStream();
    VectorGraphicsEncoder.saveVectorGraphic(chart(growth, computed), svg, VectorGraphicsFormat.SVG);
    return svg.toByteArray();
  }

  /** Returns the chart of what was computed. */
  static XYChart chart(Growth growth, String computed) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(computed)
            .xAxisTitle(growth.axis())
            .yAxisTitle(growth.unit().symbol())
            .build();
    XYStyler styler = chart.getStyler();
    List<Growth.Point> points =
        growth.points().stream().filter(point -> point.computed().equals(computed)).toList();
    if (isWide(points.stream().mapToDouble(Growth.Point::at))) {
      styler.setXAxisLogarithmic(true);
    }
    if (isWide(points.stream().mapToDouble(point -> point.in(growth.unit())))) {
      styler.setYAxisLogarithmic(true);
    } else {
      styler.setYAxisMin(0.0);
    }
    styler.setLegendPosition(LegendPosition.OutsideE);
    styler.setChartBackgroundColor(Color.WHITE);
    // A dashed line becomes a shape for every dash, hundreds of kilobytes of them.
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setPlotGridLinesColor(GRID);
    for (String by : growth.by(computed)) {
      List<Growth.Point> series = growth.series(computed, by);
      chart
          .addSeries(
              by,
              series.stream().mapToDouble(Growth.Point::at).toArray(),
              series.stream().mapToDouble(point -> point.in(growth.unit())).toArray())
          .setLineStyle(SeriesLines.SOLID);
    }
    return chart;
  }

  private static boolean isWide(DoubleStream values) {
    DoubleSummaryStatistics range = values.summaryStatistics();
    return range.getMax() >= LOGARITHMIC_FROM * range.getMin();
  }
}
