/**
 * What the tests of several rooms share: a broker per module, waiting without sleeping, a clock to turn.
 *
 * <p>Enter through {@link io.throughline.testkit.SharedBroker} and {@link io.throughline.testkit.Await}.
 * Only tests call; nothing here fakes what one room owns.
 */
@NullMarked
package io.throughline.testkit;

import org.jspecify.annotations.NullMarked;
