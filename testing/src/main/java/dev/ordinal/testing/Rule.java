package dev.ordinal.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The rules of `docs/conformance.md` that a test shows, e.g. `statefulset 7.5e`. The table and the
/// annotations are compared by a test.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.SOURCE)
public @interface Rule {
    String[] value();
}
