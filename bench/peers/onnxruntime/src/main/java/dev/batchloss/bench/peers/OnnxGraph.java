package dev.batchloss.bench.peers;

/**
 * An ONNX model, built node by node. The numbers are the fields of onnx.proto3: ModelProto,
 * GraphProto, NodeProto, AttributeProto, ValueInfoProto and TypeProto.
 */
final class OnnxGraph {
  static final int FLOAT = 1;
  static final int INT64 = 7;

  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_STRING = 3;

  private final ProtobufWriter graph = new ProtobufWriter().text(2, "loss");

  /** A node of the graph; its attributes are added to it before it is. */
  static final class Node {
    private final ProtobufWriter node = new ProtobufWriter();

    Node(String operator) {
      node.text(4, operator);
    }

    Node reads(String... names) {
      for (String name : names) {
        node.text(1, name);
      }
      return this;
    }

    Node writes(String... names) {
      for (String name : names) {
        node.text(2, name);
      }
      return this;
    }

    Node with(String attribute, long value) {
      node.message(
          5, new ProtobufWriter().text(1, attribute).number(3, value).number(20, ATTRIBUTE_INT));
      return this;
    }

    Node with(String attribute, String value) {
      node.message(
          5, new ProtobufWriter().text(1, attribute).text(4, value).number(20, ATTRIBUTE_STRING));
      return this;
    }
  }

  OnnxGraph add(Node node) {
    graph.message(1, node.node);
    return this;
  }

  OnnxGraph input(String name, int type, long... shape) {
    graph.message(11, value(name, type, shape));
    return this;
  }

  OnnxGraph output(String name, int type, long... shape) {
    graph.message(12, value(name, type, shape));
    return this;
  }

  /** Returns the model's bytes. */
  byte[] model() {
    return new ProtobufWriter()
        .number(1, IR_VERSION)
        .message(7, graph)
        .message(8, new ProtobufWriter().text(1, "").number(2, OPSET))
        .toByteArray();
  }

  private static ProtobufWriter value(String name, int type, long... shape) {
    ProtobufWriter dimensions = new ProtobufWriter();
    for (long size : shape) {
      dimensions.message(1, new ProtobufWriter().number(1, size));
    }
    ProtobufWriter tensor = new ProtobufWriter().number(1, type).message(2, dimensions);
    return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
  }
}
