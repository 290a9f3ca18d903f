package dev.batchloss.evaluate;

import dev.batchloss.loss.Loss;
import java.util.function.BiFunction;

/**
 * A file with one number a class that belongs to the loss.
 *
 * @param what the numbers are, for messages
 * @param file its name
 * @param into the loss with the numbers
 */
record PerClassFile(String what, String file, BiFunction<Loss, double[], Loss> into) {}
