package dev.batchloss.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Combinations of the levels of several factors such that every possible pair of levels of two
 * factors is in one of them: greedy, deterministic.
 */
final class Pairwise {
  /** Stands for a factor that has no level yet. */
  static final int OPEN = -1;

  private final int[] levels;
  private final Predicate<int[]> possible;
  private final boolean[][][][] covered;

  private Pairwise(int[] levels, Predicate<int[]> possible) {
    this.levels = levels;
    this.possible = possible;
    this.covered = new boolean[levels.length][levels.length][][];
    for (int f = 0; f < levels.length; f++) {
      for (int g = 0; g < levels.length; g++) {
        covered[f][g] = new boolean[levels[f]][levels[g]];
      }
    }
  }

  /**
   * Generates the combinations.
   *
   * @param levels how many levels each factor has
   * @param possible whether a combination, in which some factors may be {@link #OPEN}, has a
   *     meaning
   */
  static List<int[]> combinations(int[] levels, Predicate<int[]> possible) {
    return new Pairwise(levels, possible).generate();
  }

  private List<int[]> generate() {
    List<int[]> combinations = new ArrayList<>();
    for (int f = 0; f < levels.length; f++) {
      for (int g = f + 1; g < levels.length; g++) {
        for (int a = 0; a < levels[f]; a++) {
          for (int b = 0; b < levels[g]; b++) {
            int[] combination = open();
            combination[f] = a;
            combination[g] = b;
            if (!covered[f][g][a][b] && possible.test(combination)) {
              complete(combination);
              cover(combination);
              combinations.add(combination);
            }
          }
        }
      }
    }
    return combinations;
  }

  private int[] open() {
    int[] combination = new int[levels.length];
    Arrays.fill(combination, OPEN);
    return combination;
  }

  /** Gives every open factor the possible level that covers most. */
  private void complete(int[] combination) {
    for (int f = 0; f < levels.length; f++) {
      if (combination[f] != OPEN) {
        continue;
      }
      int best = OPEN;
      int most = -1;
      for (int level = 0; level < levels[f]; level++) {
        combination[f] = level;
        int gain = possible.test(combination) ? gain(combination, f) : -1;
        if (gain > most) {
          most = gain;
          best = level;
        }
      }
      if (best == OPEN) {
        throw new IllegalStateException(
            "factor " + f + " has no possible level in " + Arrays.toString(combination));
      }
      combination[f] = best;
    }
  }

  private int gain(int[] combination, int f) {
    int gain = 0;
    for (int g = 0; g < levels.length; g++) {
      if (g != f && combination[g] != OPEN && !covered[f][g][combination[f]][combination[g]]) {
        gain++;
      }
    }
    return gain;
  }

  private void cover(int[] combination) {
    for (int f = 0; f < levels.length; f++) {
      for (int g = 0; g < levels.length; g++) {
        covered[f][g][combination[f]][combination[g]] = true;
      }
    }
  }
}
