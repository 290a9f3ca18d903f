package dev.batchloss.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the JVMs of one peer at one shape brought, and the lines of the report it makes. */
final class PeerLines {
  private final PeerCase peer;
  private final String shape;
  private final Map<PeerPass, List<PeerTimes.Run>> runs = new EnumMap<>(PeerPass.class);
  private String failure = "";

  PeerLines(PeerCase peer, String shape) {
    this.peer = peer;
    this.shape = shape;
  }

  PeerCase peer() {
    return peer;
  }

  String shape() {
    return shape;
  }

  void add(PeerProcess.Outcome outcome) {
    for (PeerTimes.Run run : outcome.runs()) {
      runs.computeIfAbsent(run.pass(), pass -> new ArrayList<>()).add(run);
    }
    if (!outcome.failure().isEmpty()) {
      fail(outcome.failure());
    }
  }

  void fail(String reason) {
    failure = reason;
  }

  /** Returns a line of each pass: what was measured, or why it was not in any of the JVMs. */
  List<PeerTable.Row> rows() {
    List<PeerTable.Row> rows = new ArrayList<>();
    for (PeerPass pass : PeerPass.values()) {
      List<PeerTimes.Run> measured = runs.get(pass);
      if (measured != null) {
        rows.add(PeerTable.Row.measured(peer, shape, measured));
      } else if (!failure.isEmpty() && (peer.isBatchLoss() || pass != PeerPass.GRADIENT_IN_PLACE)) {
        rows.add(PeerTable.Row.missing(peer, shape, pass, failure));
      }
    }
    return rows;
  }

  /** Returns where it stands, for a person who waits. */
  String progress() {
    return "%s %s %s"
        .formatted(shape, peer.name(), failure.isEmpty() ? runs.keySet().toString() : failure);
  }
}
