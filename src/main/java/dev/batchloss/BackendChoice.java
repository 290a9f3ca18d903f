package dev.batchloss;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.BatchLossException;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.BackendProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which backend runs: the one asked for, or the first that can, and why not the ones before it. */
final class BackendChoice {
  static final String AUTO = "auto";
  static final String PROPERTY = "batchloss.backend";
  static final String VARIABLE = "BATCHLOSS_BACKEND";

  /** Null where one was asked for by name: looking for all devices takes longer than opening it. */
  private final @Nullable List<BackendOffer> known;

  private final BackendOffer chosen;
  private final boolean automatic;

  /** The names of those that were chosen before and failed. */
  private final Set<String> failed;

  private BackendChoice(
      @Nullable List<BackendOffer> known,
      BackendOffer chosen,
      boolean automatic,
      Set<String> failed) {
    this.known = known;
    this.chosen = chosen;
    this.automatic = automatic;
    this.failed = failed;
  }

  /**
   * Chooses.
   *
   * @param wanted a backend's or family's name, {@code auto}, or null: what the property or the
   *     environment variable says, else auto
   * @throws BackendUnavailableException if that one does not exist or cannot run
   */
  static BackendChoice of(@Nullable String wanted) {
    String name = wanted == null ? preset() : wanted;
    BackendOffer found = name.equals(AUTO) ? null : find(name);
    return found == null ? among(offers(), name) : new BackendChoice(null, found, false, Set.of());
  }

  /** The one of this name or family that can run, or null; no provider after its own is asked. */
  private static @Nullable BackendOffer find(String wanted) {
    for (BackendProvider provider : providers()) {
      BackendOffer best = null;
      for (BackendOffer offer : provider.offers()) {
        if (offer.answersTo(wanted)
            && offer.isAvailable()
            && (best == null || offer.preference().compareTo(best.preference()) < 0)) {
          best = offer;
        }
      }
      if (best != null) {
        return best;
      }
    }
    return null;
  }

  static BackendChoice among(List<BackendOffer> offers, String wanted) {
    return among(offers, wanted, Set.of());
  }

  private static BackendChoice among(List<BackendOffer> offers, String wanted, Set<String> failed) {
    boolean automatic = wanted.equals(AUTO);
    for (BackendOffer offer : offers) {
      boolean matches =
          automatic ? offer.preference() != Preference.ON_REQUEST : offer.answersTo(wanted);
      if (matches && offer.isAvailable()) {
        return new BackendChoice(offers, offer, automatic, failed);
      }
    }
    throw new BackendUnavailableException(message(offers, wanted));
  }

  static List<BackendOffer> offers() {
    List<BackendOffer> offers = new ArrayList<>();
    for (BackendProvider provider : providers()) {
      offers.addAll(provider.offers());
    }
    offers.sort(Comparator.comparing(BackendOffer::preference));
    return List.copyOf(offers);
  }

  private static ServiceLoader<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader());
  }

  private List<BackendOffer> knownOrAll() {
    return known == null ? offers() : known;
  }

  /** Returns whether another was chosen before this one and failed. */
  boolean hasFailed() {
    return !failed.isEmpty();
  }

  BackendOffer chosen() {
    return chosen;
  }

  /**
   * Opens the chosen backend. One that was taken unasked and fails now is passed over like those
   * that cannot run, and the next is taken.
   *
   * @throws BatchLossException if the one that was asked for, or every one, fails
   */
  Opened open(BackendOptions options) {
    BackendChoice choice = this;
    while (true) {
      try {
        return new Opened(choice, choice.chosen.open(options), options);
      } catch (BatchLossException e) {
        if (!choice.automatic) {
          throw e;
        }
        choice = choice.withoutChosen(String.valueOf(e.getMessage()));
      }
    }
  }

  /** Returns the choice of what can run once the chosen one, asked for or not, cannot any more. */
  private BackendChoice withoutChosen(String reason) {
    BackendOffer lost = BackendOffer.unavailable(chosen.name(), chosen.preference(), reason);
    List<BackendOffer> rest = new ArrayList<>(knownOrAll());
    rest.replaceAll(offer -> isChosen(offer) ? lost : offer);
    Set<String> allFailed = new HashSet<>(failed);
    allFailed.add(chosen.name());
    return among(List.copyOf(rest), AUTO, Set.copyOf(allFailed));
  }

  /**
   * A backend in use.
   *
   * @param choice the choice that led to it
   * @param backend the chosen one
   * @param options what it was opened with
   */
  record Opened(BackendChoice choice, Backend backend, BackendOptions options) {
    /**
     * Opens the next that can run in the order of preference, when this one has failed.
     *
     * @param reason what is told of this one
     * @throws BackendUnavailableException if there is none
     */
    Opened openNext(String reason) {
      return choice.withoutChosen(reason).open(options);
    }
  }

  /** Returns every backend, the chosen one marked. */
  List<BackendStatus> all() {
    return knownOrAll().stream().map(this::status).toList();
  }

  /**
   * Returns the backends before the chosen one, those only taken on request and those that failed;
   * none if one was asked for by name and runs.
   */
  List<BackendStatus> passedOver() {
    if (!automatic) {
      return List.of();
    }
    List<BackendOffer> offers = knownOrAll();
    int place = offers.indexOf(chosen);
    return offers.stream()
        .filter(
            offer ->
                offers.indexOf(offer) < place
                    || offer.preference() == Preference.ON_REQUEST
                    || failed.contains(offer.name()))
        .map(this::status)
        .toList();
  }

  private BackendStatus status(BackendOffer offer) {
    return new BackendStatus(
        offer.name(), offer.isAvailable(), isChosen(offer), offer.detail(), offer.reason());
  }

  private boolean isChosen(BackendOffer offer) {
    return offer.name().equals(chosen.name());
  }

  private static String preset() {
    String property = System.getProperty(PROPERTY);
    if (property != null && !property.isBlank()) {
      return property;
    }
    String variable = System.getenv(VARIABLE);
    return variable != null && !variable.isBlank() ? variable : AUTO;
  }

  private static String message(List<BackendOffer> offers, String wanted) {
    StringBuilder message = new StringBuilder("backend '" + wanted + "' is not available");
    if (offers.stream().noneMatch(offer -> offer.answersTo(wanted)) && !wanted.equals(AUTO)) {
      message.append(": there is none of that name");
    }
    for (BackendOffer offer : offers) {
      message.append("\n  ").append(offer.name()).append(": ");
      message.append(offer.isAvailable() ? "available (" + offer.detail() + ")" : offer.reason());
    }
    return message.toString();
  }
}
