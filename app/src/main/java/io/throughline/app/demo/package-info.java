/**
 * The demo: a shop of four HTTP services behind sidecars, visitors who use it, and knobs that make it
 * slow.
 *
 * <p>Enter through {@code DemoShop} (start, stop) and {@code DemoKnob} (turn, from another process).
 * {@code ShopService} and {@code ShopTraffic} are the entries of its child processes. It measures and reports as
 * any user's service would, through sidecars and OTLP; it must not know collector, store or query.
 */
@NullMarked
package io.throughline.app.demo;

import org.jspecify.annotations.NullMarked;
