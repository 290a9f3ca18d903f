package dev.batchloss.examples;

import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.io.NumericFile;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Trains a small network on a table: layers in plain Java, the loss and its gradient with respect
 * to the logits from batchloss, in one call a step. Prints the losses of each epoch and draws them.
 *
 * <pre>
 *   Training two-classes CHART.png     features of scikit-learn's make_classification, 20–10–10–1
 *   Training three-classes CHART.png   the digits 0, 1 and 2 from the scores of a classifier, 10–10–3
 * </pre>
 */
public final class Training {
  private static final int EPOCHS = 20;
  private static final int BATCH = 64;
  private static final long SEED = 2022;

  private final Loss loss;
  private final Table training;
  private final Table validation;
  private final Network network;

  Training(Loss loss, Table table, int... layers) {
    this.loss = loss;
    int end = table.rows() * 8 / 10;
    this.training = table.slice(0, end);
    this.validation = table.slice(end, table.rows() * 9 / 10);
    this.network = new Network(new Random(SEED), layers);
  }

  /** The network, the splits and the 20 epochs of the tutorial, with binary cross-entropy. */
  static Training ofTwoClasses(Path data) throws IOException {
    Table table = Table.read(data.resolve("features.npy"), data.resolve("labels.npy"));
    return new Training(BinaryCrossEntropy.builder().build(), table, 20, 10, 10, 1);
  }

  /** Three of the ten digits, with softmax and cross-entropy. */
  static Training ofThreeClasses(Path digits) throws IOException {
    Table table = Table.read(digits.resolve("logits.npy"), digits.resolve("labels.npy"));
    return new Training(CrossEntropy.builder().build(), table.withLabelsBelow(3), 10, 10, 3);
  }

  /** Trains, prints a line an epoch, and writes the chart. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("usage: Training two-classes|three-classes CHART.png");
      System.exit(2);
    }
    Training run =
        switch (arguments[0]) {
          case "two-classes" -> ofTwoClasses(Path.of("examples/training/data"));
          case "three-classes" -> ofThreeClasses(Path.of("examples/digits"));
          default -> throw new IllegalArgumentException("unknown network " + arguments[0]);
        };
    List<Epoch> epochs;
    try (BatchLoss engine = BatchLoss.open()) {
      System.out.println("backend " + engine.backend().name());
      System.out.println("epoch  training loss  validation loss");
      epochs = run.train(engine);
    }
    for (int e = 0; e < epochs.size(); e++) {
      Epoch epoch = epochs.get(e);
      System.out.printf("%5d  %13.6f  %15.6f%n", e + 1, epoch.training, epoch.validation);
    }
    draw(epochs, Path.of(arguments[1]));
  }

  /** What an epoch came to, and the logits that its losses are of. */
  record Epoch(
      double training, double validation, float[] trainingLogits, float[] validationLogits) {}

  List<Epoch> train(BatchLoss engine) {
    List<Epoch> epochs = new ArrayList<>();
    Random random = new Random(SEED);
    for (int e = 0; e < EPOCHS; e++) {
      Table shuffled = training.shuffled(random);
      for (int from = 0; from < shuffled.rows(); from += BATCH) {
        step(engine, shuffled.slice(from, Math.min(from + BATCH, shuffled.rows())));
      }
      float[] seen = network.forward(training.features);
      float[] unseen = network.forward(validation.features);
      epochs.add(
          new Epoch(
              lossOf(engine, seen, training), lossOf(engine, unseen, validation), seen, unseen));
    }
    return epochs;
  }

  Table training() {
    return training;
  }

  Table validation() {
    return validation;
  }

  /** Forward, loss and gradient, backward. */
  private void step(BatchLoss engine, Table batch) {
    float[] logits = network.forward(batch.features);
    Matrix matrix = Matrix.of(logits, batch.rows(), network.outputs());
    engine.evaluate(loss, matrix, targetsOf(batch), Outputs.gradientInPlace());
    network.backward(logits);
  }

  private double lossOf(BatchLoss engine, float[] logits, Table table) {
    Matrix matrix = Matrix.of(logits, table.rows(), network.outputs());
    return engine.evaluate(loss, matrix, targetsOf(table)).loss();
  }

  private Targets targetsOf(Table table) {
    if (network.outputs() > 1) {
      return Targets.classes(table.labels);
    }
    float[] values = new float[table.rows()];
    for (int r = 0; r < values.length; r++) {
      values[r] = table.labels[r];
    }
    return Targets.values(Matrix.of(values, values.length, 1));
  }

  /** Rows of features, row-major, and the class of each row. */
  record Table(float[] features, int[] labels) {
    static Table read(Path features, Path labels) throws IOException {
      try (NumericFile x = NumericFile.open(features);
          NumericFile y = NumericFile.open(labels)) {
        long[] shape = {x.shape().get(0), x.shape().get(1)};
        float[] values = new float[Math.toIntExact(shape[0] * shape[1])];
        long[] classes = new long[Math.toIntExact(shape[0])];
        x.read(new long[2], shape, MemorySegment.ofArray(values));
        y.read(new long[1], new long[] {shape[0]}, MemorySegment.ofArray(classes));
        int[] narrow = new int[classes.length];
        for (int r = 0; r < narrow.length; r++) {
          narrow[r] = Math.toIntExact(classes[r]);
        }
        return new Table(values, narrow);
      }
    }

    int rows() {
      return labels.length;
    }

    Table slice(int from, int to) {
      return pick(IntStream.range(from, to).toArray());
    }

    Table withLabelsBelow(int classes) {
      return pick(IntStream.range(0, rows()).filter(r -> labels[r] < classes).toArray());
    }

    /** Fisher–Yates. */
    Table shuffled(Random random) {
      int[] order = IntStream.range(0, rows()).toArray();
      for (int r = rows() - 1; r > 0; r--) {
        int other = random.nextInt(r + 1);
        int moved = order[r];
        order[r] = order[other];
        order[other] = moved;
      }
      return pick(order);
    }

    private Table pick(int[] rows) {
      int columns = features.length / labels.length;
      float[] values = new float[rows.length * columns];
      int[] classes = new int[rows.length];
      for (int r = 0; r < rows.length; r++) {
        System.arraycopy(features, rows[r] * columns, values, r * columns, columns);
        classes[r] = labels[rows[r]];
      }
      return new Table(values, classes);
    }
  }

  /** Fully connected layers with ReLU between them. */
  static final class Network {
    private final List<Layer> layers = new ArrayList<>();

    Network(Random random, int... sizes) {
      for (int i = 1; i < sizes.length; i++) {
        layers.add(new Layer(random, sizes[i - 1], sizes[i], i < sizes.length - 1));
      }
    }

    int outputs() {
      return layers.getLast().outputs;
    }

    float[] forward(float[] inputs) {
      float[] values = inputs;
      for (Layer layer : layers) {
        values = layer.forward(values);
      }
      return values;
    }

    /** Carries the gradient of the logits back and moves every weight. */
    void backward(float[] gradient) {
      float[] values = gradient;
      for (Layer layer : layers.reversed()) {
        values = layer.backward(values);
      }
    }
  }

  /** Weights, one row an output and the bias last, and what Adam remembers of them. */
  private static final class Layer {
    private static final double RATE = 1e-3;
    private static final double DECAY = 0.9;
    private static final double SQUARE_DECAY = 0.999;
    private static final double EPSILON = 1e-8;

    private final int inputs;
    private final int outputs;
    private final boolean rectifies;
    private final float[] weights;
    private final double[] mean;
    private final double[] square;
    private int steps;
    private float[] seen = new float[0];
    private float[] given = new float[0];

    Layer(Random random, int inputs, int outputs, boolean rectifies) {
      this.inputs = inputs;
      this.outputs = outputs;
      this.rectifies = rectifies;
      this.weights = new float[outputs * (inputs + 1)];
      this.mean = new double[weights.length];
      this.square = new double[weights.length];
      // Uniform on ±1/√inputs, as PyTorch's Linear begins.
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) ((2 * random.nextDouble() - 1) / Math.sqrt(inputs));
      }
    }

    float[] forward(float[] values) {
      int rows = values.length / inputs;
      float[] result = new float[rows * outputs];
      for (int r = 0; r < rows; r++) {
        for (int o = 0; o < outputs; o++) {
          int w = o * (inputs + 1);
          float sum = weights[w + inputs];
          for (int i = 0; i < inputs; i++) {
            sum += weights[w + i] * values[r * inputs + i];
          }
          result[r * outputs + o] = rectifies ? Math.max(0, sum) : sum;
        }
      }
      seen = values;
      given = result;
      return result;
    }

    float[] backward(float[] gradient) {
      int rows = seen.length / inputs;
      double[] slopes = new double[weights.length];
      float[] back = new float[seen.length];
      for (int r = 0; r < rows; r++) {
        for (int o = 0; o < outputs; o++) {
          float slope = gradient[r * outputs + o];
          if (rectifies && given[r * outputs + o] == 0) {
            continue;
          }
          int w = o * (inputs + 1);
          for (int i = 0; i < inputs; i++) {
            slopes[w + i] += slope * seen[r * inputs + i];
            back[r * inputs + i] += slope * weights[w + i];
          }
          slopes[w + inputs] += slope;
        }
      }
      move(slopes);
      return back;
    }

    /** Adam (Kingma, Ba 2015). */
    private void move(double[] slopes) {
      steps++;
      double unbiased = 1 - Math.pow(DECAY, steps);
      double squareUnbiased = 1 - Math.pow(SQUARE_DECAY, steps);
      for (int i = 0; i < weights.length; i++) {
        mean[i] = DECAY * mean[i] + (1 - DECAY) * slopes[i];
        square[i] = SQUARE_DECAY * square[i] + (1 - SQUARE_DECAY) * slopes[i] * slopes[i];
        double size = Math.sqrt(square[i] / squareUnbiased) + EPSILON;
        weights[i] -= (float) (RATE * mean[i] / unbiased / size);
      }
    }
  }

  /** Draws both curves; the file appears when it is complete. */
  static void draw(List<Epoch> epochs, Path chart) throws IOException {
    XYChart curves =
        new XYChartBuilder()
            .width(800)
            .height(500)
            .title("Loss")
            .xAxisTitle("epoch")
            .yAxisTitle("mean loss")
            .build();
    double[] numbers = new double[epochs.size()];
    double[] training = new double[epochs.size()];
    double[] validation = new double[epochs.size()];
    for (int e = 0; e < epochs.size(); e++) {
      numbers[e] = e + 1;
      training[e] = epochs.get(e).training;
      validation[e] = epochs.get(e).validation;
    }
    curves.addSeries("training", numbers, training).setMarker(SeriesMarkers.NONE);
    curves.addSeries("validation", numbers, validation).setMarker(SeriesMarkers.NONE);
    Path target = chart.toAbsolutePath();
    Path unfinished = Files.createTempFile(target.getParent(), "chart", ".png");
    try {
      Files.write(unfinished, BitmapEncoder.getBitmapBytes(curves, BitmapFormat.PNG));
      Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }
}
