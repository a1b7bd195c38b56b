/**
 * The real launcher as a child process, told to do what users and machines do to it.
 *
 * <p>Enter through {@code UpProcess}. Run by failsafe after packaging: what is started is the jar.
 */
@NullMarked
package io.throughline.app.it;

import org.jspecify.annotations.NullMarked;
