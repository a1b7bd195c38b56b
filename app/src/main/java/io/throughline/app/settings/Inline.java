package io.throughline.app.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The keys of the record this component holds stand beside it, not under its name. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Inline {

  /** Components that are no settings: another setting says what they are. */
  String[] except() default {};
}
